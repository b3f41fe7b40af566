package org.starling.auth;

import java.nio.file.Path;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;

/** Tests that share one service, as it is without settings of their own. */
@NullUnmarked
abstract class WithAuthService {

    protected static RunningAuthService service;

    @BeforeAll
    static void start(@TempDir Path folder) {
        service = new RunningAuthService(folder);
    }

    @AfterAll
    static void stop() {
        service.close();
    }

    /** The browser of somebody who has not been here yet. */
    protected static PersonsBrowser browser() {
        return new PersonsBrowser(service.url);
    }
}
