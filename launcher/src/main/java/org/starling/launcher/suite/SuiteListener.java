package org.starling.launcher.suite;

import org.starling.launcher.process.ServiceProcess;

/** Hears what happens to a swarm's processes. Called on any thread. */
public interface SuiteListener {
    /** A process ended without having been told to. */
    void endedUnexpectedly(ServiceProcess process);

    /** A process listens on another port than at the last start; the sentence says which and why. */
    void portChanged(String sentence);
}
