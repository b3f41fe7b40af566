package org.starling.spring;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.boot.test.context.runner.WebApplicationContextRunner;
import org.starling.swarm.run.InvalidRunConfigurationException;

class SwarmAutoConfigurationTest {
    @TempDir
    Path data;

    private WebApplicationContextRunner runner() {
        return new WebApplicationContextRunner()
                .withConfiguration(AutoConfigurations.of(SwarmAutoConfiguration.class))
                .withPropertyValues(
                        "starling.run=starling/test",
                        "starling.auth.url=http://127.0.0.1:1",
                        "starling.auth.hub-token=hf_secret",
                        "starling.peer.roles=trainer",
                        "spring.grpc.server.enabled=false",
                        "starling.peer.data=" + data);
    }

    private static FailureAnalysis analyze(@Nullable Throwable failure) {
        return Objects.requireNonNull(
                new StartupProblemAnalyzer().analyze(Objects.requireNonNull(failure)),
                () -> "No analysis of " + failure);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "starling.run= | organisation/name",
                "starling.run=emoji | organisation/name",
                "starling.run=a/b/c | organisation/name",
                "starling.auth.url= | https://auth.example.org",
                "starling.auth.url=auth.example.org | https://auth.example.org",
                "starling.auth.url=ftp://auth.example.org | https://auth.example.org",
                "starling.auth.url=http:// | https://auth.example.org",
                "starling.auth.hub-token=two words | HF_TOKEN",
                "starling.peer.host=no-such-host.invalid | starling.peer.host",
                "starling.peer.entry-points=nowhere | starling.peer.entry-points",
                "starling.peer.entry-points=no-such-host.invalid:7070 | starling.peer.entry-points",
                "starling.peer.roles= | trainer, auxiliary, inference",
                "starling.peer.roles=teacher | teacher",
                "starling.peer.bandwidth=-1 | bandwidth",
                "starling.peer.max-upload=1KB | starling.peer.max-upload",
                "starling.peer.max-download=-2MB | starling.peer.max-download",
                "spring.grpc.server.enabled=true | spring.grpc.server.port",
                "starling.peer.worker-threads=0 | worker-threads",
            })
    void wrongConfigurationEndsTheProcessWithASentence(String property, String mention) {
        runner().withPropertyValues(property).run(context -> {
            FailureAnalysis analysis = analyze(context.getStartupFailure());
            assertThat(analysis.getDescription() + " " + analysis.getAction()).contains(mention);
        });
    }

    @Test
    void canBeTurnedOff() {
        runner().withPropertyValues("starling.peer.enabled=false", "starling.run=nonsense")
                .run(context -> assertThat(context).hasNotFailed().doesNotHaveBean(SwarmMembership.class));
    }

    @Test
    void explainsARunThatIsMalformed() {
        assertThat(analyze(new IllegalStateException(new InvalidRunConfigurationException("targetBatchSize is 0")))
                        .getDescription())
                .isEqualTo("targetBatchSize is 0");
    }

    @Test
    void leavesOtherFailuresToOthers() {
        assertThat(new StartupProblemAnalyzer().analyze(new IllegalStateException("something else")))
                .isNull();
    }
}
