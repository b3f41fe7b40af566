package org.starling.peer;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;

/** A volunteer's process. */
@SpringBootApplication
public class PeerServiceApplication {
    public static void main(String[] arguments) {
        SpringApplication.run(PeerServiceApplication.class, arguments);
    }
}
