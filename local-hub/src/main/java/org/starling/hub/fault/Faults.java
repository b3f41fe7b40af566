package org.starling.hub.fault;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.springframework.stereotype.Component;

/** The faults that are armed, in the order in which they were. */
@Component
final class Faults {

    private final List<Fault> armed = new ArrayList<>();

    synchronized void arm(Fault fault) {
        armed.add(fault);
    }

    synchronized void clear() {
        armed.clear();
    }

    synchronized List<Fault> armed() {
        return List.copyOf(armed);
    }

    /** Takes one occurrence of the first fault that meets the request. */
    synchronized Optional<Fault> take(String method, String path) {
        for (int i = 0; i < armed.size(); i++) {
            Fault fault = armed.get(i);
            if (fault.meets(method, path)) {
                int left = fault.timesOrOnce() - 1;
                if (left == 0) {
                    armed.remove(i);
                } else {
                    armed.set(i, fault.withTimes(left));
                }
                return Optional.of(fault);
            }
        }
        return Optional.empty();
    }
}
