package org.starling.hub.fault;

import java.util.List;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;

/** Arms and clears faults: {@code POST}, {@code GET} and {@code DELETE /_hub/faults}. */
@RestController
final class FaultController {

    private final Faults faults;

    FaultController(Faults faults) {
        this.faults = faults;
    }

    @PostMapping(path = "/_hub/faults", consumes = MediaType.APPLICATION_JSON_VALUE)
    @ResponseStatus(HttpStatus.NO_CONTENT)
    void arm(@RequestBody Fault fault) {
        faults.arm(fault);
    }

    @GetMapping("/_hub/faults")
    List<Fault> armed() {
        return faults.armed();
    }

    @DeleteMapping("/_hub/faults")
    @ResponseStatus(HttpStatus.NO_CONTENT)
    void clear() {
        faults.clear();
    }
}
