package org.starling.metrics.web;

import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;
import org.springframework.stereotype.Component;
import org.starling.metrics.MetricsProperties;
import org.starling.metrics.collect.Collector;
import org.starling.metrics.gallery.GalleryWatch;
import org.starling.metrics.store.MetricsStore;
import org.starling.metrics.swarm.SwarmView;

/** Runs what has to be done again and again: collecting, telling the browsers, asking for pictures. */
@Component
class Watch implements SmartLifecycle {
    private static final Logger log = LoggerFactory.getLogger(Watch.class);
    /** Meters are read every quarter of a minute or so; between that and the page's refresh they need not be newer. */
    private static final int METERS_EVERY_TICKS = 5;

    private final MetricsProperties properties;
    private final Collector collector;
    private final LiveStreams streams;
    private final RunMeters meters;
    private final GalleryWatch gallery;
    private final ScheduledExecutorService executor = new ScheduledThreadPoolExecutor(2, task -> {
        Thread thread = new Thread(task, "metrics-watch");
        thread.setDaemon(true);
        return thread;
    });
    private int ticks;
    private volatile boolean running;

    Watch(
            MetricsProperties properties,
            Collector collector,
            LiveStreams streams,
            RunMeters meters,
            SwarmView swarm,
            MetricsStore store) {
        this.properties = properties;
        this.collector = collector;
        this.streams = streams;
        this.meters = meters;
        this.gallery = new GalleryWatch(swarm, store);
    }

    @Override
    public void start() {
        collector.addListener(streams::changed);
        every(properties.refresh().toMillis(), this::tick);
        every(properties.galleryEvery().toMillis(), gallery::look);
        running = true;
    }

    private void every(long millis, Runnable work) {
        executor.scheduleWithFixedDelay(
                () -> {
                    try {
                        work.run();
                    } catch (RuntimeException e) {
                        log.warn("What the swarm says could not be kept just now; trying again: {}", e.toString());
                    }
                },
                millis,
                millis,
                TimeUnit.MILLISECONDS);
    }

    private void tick() {
        collector.collect();
        if (ticks++ % METERS_EVERY_TICKS == 0) {
            meters.refresh();
        }
        streams.tick();
    }

    @Override
    public void stop() {
        running = false;
        executor.shutdownNow();
        streams.close();
    }

    @Override
    public boolean isRunning() {
        return running;
    }
}
