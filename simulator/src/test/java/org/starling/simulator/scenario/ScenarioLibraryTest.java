package org.starling.simulator.scenario;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.starling.swarm.simulation.Scenario;
import org.starling.swarm.simulation.Scenario.Lie;
import org.starling.swarm.simulation.Scenario.PeerGroup;
import org.starling.swarm.simulation.Scenario.Role;

class ScenarioLibraryTest {
    static Stream<ScenarioFile> shipped() {
        return ScenarioLibrary.shipped().stream();
    }

    @ParameterizedTest
    @MethodSource("shipped")
    void whatIsShippedFitsItsOwnSize(ScenarioFile file) {
        Scenario scenario = file.scenario();

        assertThat(scenario.title()).isNotEqualTo(file.source());
        assertThat(scenario.calm()).isLessThan(file.length());
        assertThat(file.peers()).isGreaterThanOrEqualTo(scenario.groups().size());
        assertThat(scenario.groups()).anyMatch(group -> group.role() == Role.TRAINER);
        assertThat(scenario.faults()).allSatisfy(fault -> {
            Duration end = fault.at().plus(fault.length());
            assertThat(end).isLessThanOrEqualTo(scenario.calm());
        });
        assertThat(scenario.groups())
                .allSatisfy(group -> assertThat(group.joins().max())
                        .isLessThanOrEqualTo(
                                scenario.calm().isZero()
                                        ? file.length().toSeconds()
                                        : scenario.calm().toSeconds()));
    }

    @Test
    void theTenthThatLiesTellsEveryKindOfLie() throws Exception {
        Scenario liars = ScenarioLibrary.find("liars").scenario();

        Set<Lie> told = liars.groups().stream()
                .flatMap(group -> Stream.ofNullable(group.lie()))
                .collect(Collectors.toSet());
        assertThat(told).isEqualTo(EnumSet.allOf(Lie.class));
        double lying = liars.groups().stream()
                .filter(group -> group.lie() != null)
                .mapToDouble(PeerGroup::share)
                .sum();
        assertThat(lying / liars.groups().stream().mapToDouble(PeerGroup::share).sum())
                .isEqualTo(0.1);
    }

    @ParameterizedTest
    @MethodSource("shipped")
    void whatIsShippedEndsCalmly(ScenarioFile file) {
        assertThat(file.source().equals("twelve")
                        || file.length().minus(file.scenario().calm()).compareTo(file.patience()) >= 0)
                .isTrue();
    }

    @Test
    void theCalmEndMovesWithTheLength() throws Exception {
        ScenarioFile churn = ScenarioLibrary.find("churn");

        assertThat(churn.lasting(Duration.ofHours(24)).scenario().calm()).isEqualTo(Duration.ofMinutes(24 * 60 - 10));
        assertThat(churn.lasting(Duration.ofMinutes(10)).scenario().calm()).isEqualTo(Duration.ofMinutes(5));
        assertThat(ScenarioLibrary.find("twelve")
                        .lasting(Duration.ofHours(1))
                        .scenario()
                        .calm())
                .isZero();
    }

    @Test
    void theBatchGrowsWithTheNumberOfPeersWhereTheScenarioSaysSo() throws Exception {
        ScenarioFile churn = ScenarioLibrary.find("churn");
        ScenarioFile home = ScenarioLibrary.find("home-volunteers");

        assertThat(churn.scenario().run().targetBatchSize()).isEqualTo(20_000);
        assertThat(churn.ofPeers(100)).isEqualTo(churn);
        assertThat(churn.ofPeers(1000).scenario().run().targetBatchSize()).isEqualTo(200_000);
        assertThat(churn.ofPeers(1).scenario().run().targetBatchSize()).isEqualTo(200);
        assertThat(home.ofPeers(7).scenario()).isEqualTo(home.scenario());
        assertThat(home.ofPeers(7).peers()).isEqualTo(7);
    }

    @Test
    void aNameMayEndLikeAFile() throws Exception {
        assertThat(ScenarioLibrary.find("churn.yaml")).isEqualTo(ScenarioLibrary.find("churn"));
    }

    @Test
    void aFileGoesBeforeAShippedScenario(@TempDir Path folder) throws IOException, InvalidScenarioException {
        Path file = folder.resolve("churn.yaml");
        Files.writeString(file, "title: mine\ngroups: [{name: e, role: entry-point}]\n");

        assertThat(ScenarioLibrary.find(file.toString()).scenario().title()).isEqualTo("mine");
    }

    @Test
    void whatIsNotThereIsRefused(@TempDir Path folder) throws IOException {
        assertThatThrownBy(() -> ScenarioLibrary.find("utopia"))
                .isInstanceOf(InvalidScenarioException.class)
                .hasMessage(
                        "There is no file 'utopia' and no scenario of this name is shipped; those shipped are"
                                + " home-volunteers, conference-rush, continent-cut-off, operator-lost, liars, churn, thousand, idle, twelve.");
        Path binary = folder.resolve("binary.yaml");
        Files.write(binary, new byte[] {(byte) 0xff, (byte) 0xfe, 0});
        assertThatThrownBy(() -> ScenarioLibrary.find(binary.toString())).hasMessageContaining("UTF-8");
    }
}
