package org.starling.swarm.simulation;

/** A program that prints the event hashes of random schedules, one a line; its arguments are their seeds. */
final class EventHashes {
    private EventHashes() {}

    public static void main(String[] seeds) {
        for (String seed : seeds) {
            System.out.println(RandomSchedule.run(Long.parseLong(seed)).eventHash());
        }
    }
}
