package org.starling.peer;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.starling.spring.StartupProblem;

/** A volunteer's process. */
@SpringBootApplication
public class PeerServiceApplication {
    /** Ends with status 77 if somebody does not want this peer; the log has said why then. */
    public static void main(String[] arguments) {
        try {
            SpringApplication.run(PeerServiceApplication.class, arguments);
        } catch (RuntimeException e) {
            if (StartupProblem.exitCodeOf(e) == StartupProblem.REFUSED) {
                System.exit(StartupProblem.REFUSED);
            }
            throw e;
        }
    }
}
