package org.starling.simulator.scenario;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.starling.swarm.run.AveragingSettings;
import org.starling.swarm.run.MembershipSettings;
import org.starling.swarm.simulation.Scenario;
import org.starling.swarm.simulation.Scenario.Churn;
import org.starling.swarm.simulation.Scenario.Fault;
import org.starling.swarm.simulation.Scenario.Lie;
import org.starling.swarm.simulation.Scenario.Range;
import org.starling.swarm.simulation.Scenario.Role;
import org.starling.swarm.virtual.Links;

class ScenarioReaderTest {
    private static final String ENTRY = "- {name: entry, role: entry-point, region: a}\n";

    @Test
    void everythingThatIsWrittenIsRead() throws InvalidScenarioException {
        ScenarioFile file = ScenarioReader.read("all.yaml", """
                title: All of it
                peers: 12
                length: 1d
                calm: 23h30m
                patience: 3m
                run:
                  target-batch-size: 1_000
                  max-samples-per-second: 2000
                  elements: 7
                  keep-every: 3
                  token-lifetime: 90s
                  averaging: {codec: none, part-elements: 5, parts-in-flight: 2, bytes-in-flight: 1000, matchmaking-window: 1s,
                              part-timeout: 2s, round-timeout: 20s, quorum: 3/4, max-group-size: 8,
                              error-feedback: true}
                  membership: {heartbeat: 500ms, lifetime: 3s, fanout: 2}
                network:
                  delay: 20ms
                  delays: {a-b: 45ms}
                  jitter: 30%
                  loss: 0.5%
                  reset: 0.01
                  duplicate: 1%
                groups:
                  - {name: entry, role: entry-point, region: a}
                  - name: homes
                    share: 70%
                    region: b
                    speed: 5..40
                    upload: 1..3MB
                    download: 500kB
                    reachable: 20%
                    slowness: 1..4
                    clock-offset: -2s..1m30s
                    joins: 0s..2h
                    churn: {online: 3h, offline: 21h, crash: 20%, kill: 10%, lose-disk: 5%}
                    lie: weight
                faults:
                  - cut: {at: 1m, length: 2m, from: a, to: b, both-ways: false}
                  - outage: {at: 1m, length: 2m, group: homes, share: 50%}
                  - auth-away: {at: 1m, length: 2m}
                  - bad-links: {at: 1m, length: 2m, loss: 5%, reset: 1%}
                  - full-queues: {at: 1m, length: 2m, group: homes, share: 10%, calls: 2}
                  - clock-jump: {at: 1m, group: homes, share: 10%, jump: -60s..60s}
                  - rollback: {at: 1m}
                  - ban: {at: 1m, group: homes, share: 10%}
                """);

        assertThat(file.peers()).isEqualTo(12);
        assertThat(file.length()).isEqualTo(Duration.ofDays(1));
        assertThat(file.patience()).isEqualTo(Duration.ofMinutes(3));
        Scenario scenario = file.scenario();
        assertThat(scenario.title()).isEqualTo("All of it");
        assertThat(scenario.calm()).isEqualTo(Duration.ofMinutes(23 * 60 + 30));
        assertThat(scenario.run())
                .isEqualTo(new Scenario.Run(
                        1000,
                        2000,
                        7,
                        new AveragingSettings(
                                "none",
                                5,
                                2,
                                1000,
                                Duration.ofSeconds(1),
                                Duration.ofSeconds(2),
                                Duration.ofSeconds(20),
                                3,
                                4,
                                8,
                                true),
                        new MembershipSettings(Duration.ofMillis(500), Duration.ofSeconds(3), 2),
                        3,
                        Duration.ofSeconds(90)));
        assertThat(scenario.network())
                .isEqualTo(
                        new Links(Duration.ofMillis(20), Map.of("a-b", Duration.ofMillis(45)), 0.3, 0.005, 0.01, 0.01));
        assertThat(scenario.groups().get(1))
                .isEqualTo(new Scenario.PeerGroup(
                        "homes",
                        0.7,
                        Role.TRAINER,
                        "b",
                        new Range(5, 40),
                        new Range(1e6, 3e6),
                        Range.of(5e5),
                        0.2,
                        new Range(1, 4),
                        new Range(-2, 90),
                        new Range(0, 7200),
                        new Churn(Duration.ofHours(3), Duration.ofHours(21), 0.2, 0.1, 0.05),
                        Lie.WEIGHT));
        Duration at = Duration.ofMinutes(1);
        Duration length = Duration.ofMinutes(2);
        assertThat(scenario.faults())
                .isEqualTo(List.of(
                        new Fault.Cut(at, length, "a", "b", false),
                        new Fault.Outage(at, length, "homes", 0.5),
                        new Fault.AuthAway(at, length),
                        new Fault.BadLinks(at, length, 0.05, 0.01),
                        new Fault.FullQueues(at, length, "homes", 0.1, 2),
                        new Fault.ClockJump(at, "homes", 0.1, new Range(-60, 60)),
                        new Fault.Rollback(at),
                        new Fault.Ban(at, "homes", 0.1)));
    }

    @Test
    void whatIsLeftOutTakesTheDefaultsOfProduction() throws InvalidScenarioException {
        Scenario scenario = ScenarioReader.read("short.yaml", "groups:\n" + ENTRY + "- {name: t}\n")
                .scenario();

        assertThat(scenario.run().averaging()).isEqualTo(AveragingSettings.defaults());
        assertThat(scenario.run().membership()).isEqualTo(MembershipSettings.defaults());
        assertThat(scenario.groups().get(0).speed()).isEqualTo(Range.of(0));
        assertThat(scenario.groups().get(1).role()).isEqualTo(Role.TRAINER);
        assertThat(scenario.groups().get(1).churn()).isNull();
        assertThat(scenario.groups().get(1).lie()).isNull();
        assertThat(scenario.calm()).isZero();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "peers: 0 | bad.yaml, line 3: peers is '0' but must be a whole number from 1 to 100000.",
                "peers: many | bad.yaml, line 3: peers is 'many' but must be a whole number from 1 to 100000.",
                "length: 0s | bad.yaml, line 3: length is '0s' but must be more than zero.",
                "length: 3 | bad.yaml, line 3: length is '3' but must be a time such as 20ms, 2s, 5m or 3h30m, not negative.",
                "calm: -1s | bad.yaml, line 3: calm is '-1s' but must be a time such as 20ms, 2s, 5m or 3h30m, not negative.",
                "calm: 1h | bad.yaml, line 3: calm is '1h' but must be before the end, which is after 1h.",
                "patience: 0s | bad.yaml, line 3: patience is '0s' but must be more than zero.",
                "colour: red | bad.yaml, line 3: colour is not known here; known are title, peers, length, calm, patience, run, groups, network, faults.",
                "network: {loss: 130%} | bad.yaml, line 3: network.loss is '130%' but must be a share such as 30% or 0.3, from 0% to 100%.",
                "network: {delays: {a-x: 1ms}} | bad.yaml, line 3: network.delays names 'a-x', which is not two of the regions of the groups with '-' between: a.",
                "network: fast | bad.yaml, line 3: network must be a mapping, 'key: value' on each line.",
                "run: {batch-per-peer: 0} | bad.yaml, line 3: run.batch-per-peer is '0' but must be a whole number from 1 to 1000000.",
                "run: {batch-per-peer: 5, target-batch-size: 500} | bad.yaml, line 3: run.batch-per-peer is '5' but must be left out where there is a target-batch-size.",
                "run: {averaging: {codec: zip}} | bad.yaml, line 3: run.averaging.codec is 'zip' but must be one of none, float16, uniform8, blockwise8, blockwise4, size-adaptive.",
                "run: {averaging: {quorum: 1/3}} | bad.yaml, line 3: run.averaging is not possible: The run's setting averaging.quorum is '1/3' but must be more than one half and at most one.",
                "run: {averaging: {quorum: most}} | bad.yaml, line 3: run.averaging.quorum is 'most' but must be a fraction such as 2/3.",
                "run: {membership: {heartbeat: 2s, lifetime: 3s}} | bad.yaml, line 3: run.membership is not possible: The run's setting membership.lifetime is 'PT3S' but must be at least two heartbeats, PT4S.",
                "faults: {cut: now} | bad.yaml, line 3: faults must be a list, each entry beginning with '- '.",
                "faults: [{flood: {at: 1s}}] | bad.yaml, line 3: faults[0].flood is not known here; known are cut, outage, auth-away, bad-links, full-queues, clock-jump, rollback, ban.",
                "faults: [{cut: {length: 1s, from: a, to: a}}] | bad.yaml, line 3: faults[0].cut.at is missing; it must be a time such as 20ms, 2s, 5m or 3h30m.",
                "faults: [{cut: {at: 1s, length: 1s, from: a, to: mars}}] | bad.yaml, line 3: faults[0].cut.to is 'mars' but must be the region of a group: a.",
                "faults: [{full-queues: {at: 1s, length: 1s, group: entry, calls: -1}}] | bad.yaml, line 3: faults[0].full-queues.calls is '-1' but must be a whole number from 0 to 4096.",
                "faults: [{ban: {at: 1s, group: nobody}}] | bad.yaml, line 3: faults[0].ban.group is 'nobody' but must be the name of a group: entry.",
                "faults: [{cut: {at: 1s, length: 1s, from: a, to: a, both-ways: maybe}}] | bad.yaml, line 3: faults[0].cut.both-ways is 'maybe' but must be true or false.",
                "faults: [{}] | bad.yaml, line 3: faults[0] names no fault; it must be one of cut, outage, auth-away, bad-links, full-queues, clock-jump, rollback, ban.",
                "faults: [{rollback: {at: 1s}, ban: {at: 1s, group: entry}}] | bad.yaml, line 3: faults[0] names two faults; begin each with '- '.",
                "groups: [] | bad.yaml, line 3: groups is there twice.",
                "'title: [' | bad.yaml, line 4: this is not YAML: expected the node content, but found '<stream end>'."
            })
    void whatIsNotPossibleIsRefusedInASentence(String added, String message) {
        assertThatThrownBy(() -> ScenarioReader.read("bad.yaml", "groups:\n" + ENTRY + added + "\n"))
                .isInstanceOf(InvalidScenarioException.class)
                .hasMessage(message);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "share: 0 | share is '0' but must be a share such as 30% or 0.3, or the number of such peers in proportion to others.",
                "role: boss | role is 'boss' but must be one of trainer, keeper, entry-point.",
                "region: a-b | region is 'a-b' but must be a name of at most 40 small letters, digits and '_'.",
                "speed: 40..5 | speed is '40..5' but must be a number such as 7, or a range of two such as 'least..greatest', in samples a second.",
                "upload: 0B | upload is '0B' but must be a size such as 500kB or 1MB, or a range of two such as 'least..greatest', a second.",
                "upload: 7 | upload is '7' but must be a size such as 500kB or 1MB, or a range of two such as 'least..greatest', a second.",
                "lie: white | lie is 'white' but must be one of epoch, weight, limit, digest, parts, reduce, root, replay, forge.",
                "churn: {} | churn.online is missing; it must be a time such as 20ms, 2s, 5m or 3h30m.",
                "'churn: {online: 1h, crash: 70%, kill: 40%}' | churn.crash is '70%' but must be at most 100% together with kill.",
                "'churn: {online: 1h, when: never}' | churn.when is not known here; known are online, offline, crash, kill, lose-disk.",
                "size: 3 | size is not known here; known are name, role, region, share, speed, upload, download, reachable, slowness, clock-offset, joins, churn, lie."
            })
    void anImpossibleGroupIsRefusedInASentence(String added, String message) {
        String text = "groups:\n" + ENTRY + "- name: t\n  " + added + "\n";

        assertThatThrownBy(() -> ScenarioReader.read("bad.yaml", text))
                .isInstanceOf(InvalidScenarioException.class)
                .hasMessage("bad.yaml, line 4: groups[1]." + message);
    }

    @Test
    void groupsMustBeThereAndHaveNamesOfTheirOwn() {
        assertThatThrownBy(() -> ScenarioReader.read("bad.yaml", ""))
                .hasMessage("bad.yaml is empty; a scenario needs at least a list of groups.");
        assertThatThrownBy(() -> ScenarioReader.read("bad.yaml", "title: x"))
                .hasMessage("bad.yaml, line 1: groups is missing; it must be a list of at least one group of peers.");
        assertThatThrownBy(
                        () -> ScenarioReader.read(
                                "bad.yaml",
                                "network: {delays: {a-b: 1ms, b-a: 2ms}}\ngroups: [{name: s, region: a}, {name: t, region: b}]"))
                .hasMessageContaining("has the regions of 'b-a' twice");
        assertThatThrownBy(() -> ScenarioReader.read("bad.yaml", "groups:\n" + ENTRY + ENTRY))
                .hasMessageContaining("line 3: groups[1].name is 'entry' but must be another name");
        assertThatThrownBy(() ->
                        ScenarioReader.read("bad.yaml", "groups:\n- {name: e, role: entry-point, reachable: 50%}"))
                .hasMessageContaining("groups[0].reachable is '50%' but must be 100%");
        assertThatThrownBy(() -> ScenarioReader.read("bad.yaml", "groups:\n- {name: e, role: keeper, speed: 5}"))
                .hasMessageContaining("groups[0].speed is '5' but must be left out");
    }
}
