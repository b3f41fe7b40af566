package org.starling.launcher.join;

import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.nio.channels.UnresolvedAddressException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.starling.launcher.suite.Rest;
import org.starling.launcher.suite.SuiteException;
import tools.jackson.databind.JsonNode;

/** Finds out which run to join at an auth service, however long the service takes to answer. */
public final class RunFinder {
    private static final int NOT_FOUND = 404;

    private final URI auth;
    private final Pace pace;
    private final Consumer<String> say;

    /**
     * How patiently to ask.
     *
     * @param first pause; the following ones double
     * @param longest pause
     */
    public record Pace(Duration first, Duration longest) {
        public static Pace defaults() {
            return new Pace(Duration.ofSeconds(1), Duration.ofMinutes(1));
        }

        Duration after(Duration pause) {
            Duration longer = pause.multipliedBy(2);
            return longer.compareTo(longest) < 0 ? longer : longest;
        }
    }

    /**
     * @param auth address of the auth service, without a slash at the end
     * @param say hears what there is to tell while it takes long
     */
    public RunFinder(URI auth, Pace pace, Consumer<String> say) {
        this.auth = auth;
        this.pace = pace;
        this.say = say;
    }

    /**
     * The name of the only run there. Blocks until the service answers.
     *
     * @throws SuiteException if there is none, or a choice to make
     */
    public String find() throws SuiteException, InterruptedException {
        List<String> runs = runs();
        if (runs.size() == 1) {
            return runs.get(0);
        }
        throw new SuiteException(
                runs.isEmpty()
                        ? "There is no run at " + auth + " yet: ask its operator."
                        : "There are several runs at " + auth + ": choose one with --run, " + String.join(" or ", runs)
                                + ".");
    }

    private List<String> runs() throws SuiteException, InterruptedException {
        Duration pause = pace.first();
        while (true) {
            String problem;
            try {
                Rest.Answer answer = Rest.get(URI.create(auth + "/api/v1/runs"));
                Optional<List<String>> names = names(answer);
                if (names.isPresent()) {
                    return names.get();
                }
                if (answer.status() < 500 && answer.status() != 429) {
                    throw new SuiteException(auth + " is no auth service of Starling"
                            + (answer.status() == NOT_FOUND ? "" : " (status " + answer.status() + ")")
                            + ": correct the address.");
                }
                problem = "status " + answer.status();
            } catch (IOException e) {
                problem = describe(e);
            }
            say.accept("The auth service at " + auth + " cannot be asked (" + problem + "); asking again in "
                    + Math.max(1, pause.toSeconds()) + " s.");
            Thread.sleep(pause.toMillis());
            pause = pace.after(pause);
        }
    }

    /** @throws SuiteException if asking again would not help */
    private String describe(IOException failure) throws SuiteException {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof UnresolvedAddressException) {
                throw new SuiteException("There is no host " + auth.getHost()
                        + " that this machine could find: correct the address, or see whether this machine is online.");
            }
        }
        if (failure instanceof ConnectException) {
            return "it refuses the connection";
        }
        return failure.getMessage() == null ? failure.getClass().getSimpleName() : failure.getMessage();
    }

    private static Optional<List<String>> names(Rest.Answer answer) {
        if (answer.status() != 200 || !answer.body().isArray()) {
            return Optional.empty();
        }
        List<String> names = new ArrayList<>();
        for (JsonNode run : answer.body()) {
            String name = run.path("run").asString("");
            if (!name.isEmpty()) {
                names.add(name);
            }
        }
        return Optional.of(names);
    }
}
