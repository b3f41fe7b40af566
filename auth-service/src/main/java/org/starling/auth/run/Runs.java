package org.starling.auth.run;

import java.time.InstantSource;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.SmartInitializingSingleton;
import org.springframework.stereotype.Service;
import org.springframework.transaction.annotation.Propagation;
import org.springframework.transaction.annotation.Transactional;
import org.starling.auth.AuthProperties;
import org.starling.auth.AuthProperties.RunProperties;
import org.starling.auth.Problem;
import org.starling.auth.account.Account;
import tools.jackson.databind.json.JsonMapper;

/** The runs. Those of the settings are made when they are not there yet, before the
 * service answers. */
@Service
public class Runs implements SmartInitializingSingleton {

    private static final Logger log = LoggerFactory.getLogger(Runs.class);

    private final RunRepository runs;
    private final AuthProperties properties;
    private final JsonMapper json;
    private final InstantSource clock;

    Runs(RunRepository runs, AuthProperties properties, JsonMapper json, InstantSource clock) {
        this.runs = runs;
        this.properties = properties;
        this.json = json;
        this.clock = clock;
        // A malformed run must stop the start, not the first peer.
        properties.runs().forEach(settings -> {
            settings.configuration();
            presence(settings);
        });
    }

    private static RunPresence presence(RunProperties settings) {
        return new RunPresence(
                settings.description(), settings.entryPoints(), settings.metrics(), settings.checkpoints());
    }

    @Override
    @Transactional
    public void afterSingletonsInstantiated() {
        runs.lockAll();
        for (RunProperties settings : properties.runs()) {
            String configuration = json.writeValueAsString(settings.configuration());
            Run run = runs.findByName(settings.name()).orElseGet(() -> {
                log.info(
                        "Run {} is made: task {}, {} samples an epoch",
                        settings.name(),
                        settings.task(),
                        settings.targetBatchSize());
                return runs.save(new Run(settings.name(), configuration, null, clock.instant()));
            });
            if (!json.readTree(run.configuration()).equals(json.readTree(configuration))) {
                log.warn(
                        "Run {} began with other settings than are configured now. Its peers agreed on the old ones,"
                                + " which stay in force; give a changed run a new name",
                        run.name());
            }
            Set<Official> officials = new HashSet<>();
            settings.moderators().forEach(name -> officials.add(new Official(Office.MODERATOR, name, false)));
            settings.operators().forEach(name -> officials.add(new Official(Office.OPERATOR, name, false)));
            settings.auxiliaries().forEach(name -> officials.add(new Official(Office.AUXILIARY, name, false)));
            run.follow(presence(settings), officials);
        }
    }

    /** All runs by name. */
    @Transactional(readOnly = true)
    public List<Run> all() {
        return runs.findAllByOrderByName();
    }

    /** The run of that name, {@code organisation/name}. */
    @Transactional(readOnly = true)
    public Optional<Run> find(String name) {
        return runs.findByName(name);
    }

    /** The run {@code organisation/name}; a problem 404 if there is none. */
    @Transactional(readOnly = true)
    public Run require(String organisation, String name) {
        return runs.findByName(organisation + "/" + name)
                .orElseThrow(() -> Problem.notFound("There is no run " + organisation + "/" + name + " here"));
    }

    /** Holds the run until the transaction ends, so that what is numbered in it is numbered once. */
    @Transactional(propagation = Propagation.MANDATORY)
    public Run lock(Run run) {
        return runs.lock(run.id());
    }

    /** A problem 403 unless the account holds the office. */
    public void requireOffice(Run run, Account account, Office office) {
        if (!run.hasOffice(account, office)) {
            throw Problem.forbidden("Not allowed", account.name() + " is no " + office.title() + " of " + run.name());
        }
    }
}
