package org.starling.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import javax.crypto.AEADBadTagException;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@NullUnmarked
class RestartTest {

    @TempDir
    Path folder;

    @Test
    void theAuthorityOutlivesTheServiceButNotTheLossOfItsSecret() {
        try (RunningAuthService service = new RunningAuthService(folder)) {
            String keys = service.get("/oauth2/jwks", null).body();
            String run = service.get(RunningAuthService.RUN_PATH, null).body();
            service.context.close();

            assertThatThrownBy(() -> service.start("--starling.auth.secret=another-long-secret-that-was-never-used"))
                    .rootCause()
                    .isInstanceOf(AEADBadTagException.class);

            service.start(
                    "--starling.auth.runs[0].target-batch-size=512",
                    "--starling.auth.runs[0].entry-points=127.0.0.1:7001");
            assertThat(service.get("/oauth2/jwks", null).body()).isEqualTo(keys);
            assertThat(service.get(RunningAuthService.RUN_PATH, null).body())
                    .as("the configuration is law from the first start on; entry points may move")
                    .isEqualTo(run.replace("7000", "7001"));
            service.context.close();

            assertThatThrownBy(() -> service.start("--starling.auth.runs[0].target-batch-size=0"))
                    .rootCause()
                    .hasMessageContaining("targetBatchSize");
            assertThatThrownBy(() -> service.start("--starling.auth.runs[0].entry-points=nowhere"))
                    .rootCause()
                    .hasMessageContaining("host:port");
        }
    }
}
