package org.starling.spring;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.boot.diagnostics.FailureAnalysisReporter;

/**
 * Says what hinders a start in two plain sentences. Silent by default, because Boot says the same to those who read logs; where a
 * person reads along, its logger is set to {@code error} and Boot's to {@code off}.
 */
final class StartupProblemReporter implements FailureAnalysisReporter {
    static final String LOGGER = "org.starling.spring.StartupProblemReporter";

    private static final Logger log = LoggerFactory.getLogger(LOGGER);

    @Override
    public void report(FailureAnalysis analysis) {
        String action = analysis.getAction();
        log.error("{}{}", analysis.getDescription(), action == null ? "" : "\n" + action);
    }
}
