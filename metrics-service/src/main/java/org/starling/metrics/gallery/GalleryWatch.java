package org.starling.metrics.gallery;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.starling.metrics.store.MetricsStore;
import org.starling.metrics.store.StoredPicture;
import org.starling.metrics.swarm.SwarmView;
import org.starling.swarm.identity.Role;
import org.starling.swarm.membership.PeerView;
import org.starling.swarm.wire.proto.Gallery;
import org.starling.swarm.wire.proto.Picture;

/** Asks inference peers for their pictures and keeps those of the newest state. Confined to one thread. */
public final class GalleryWatch {
    private static final Logger log = LoggerFactory.getLogger(GalleryWatch.class);
    private static final int MAX_PICTURES = 16;
    private static final int MAX_PROMPT_CHARACTERS = 200;
    private static final int PATIENCE_SECONDS = 20;

    private final SwarmView swarm;
    private final MetricsStore store;
    private long generation = -1;
    private long epoch = -1;
    private String complaint = "";

    public GalleryWatch(SwarmView swarm, MetricsStore store) {
        this.swarm = swarm;
        this.store = store;
    }

    /** Looks once. Blocks until the peer has answered or {@value #PATIENCE_SECONDS} s are over. Whether there is news. */
    public boolean look() {
        Optional<PeerView> peer = swarm.status().peers().stream()
                .filter(p -> p.token().roles().contains(Role.INFERENCE)
                        && p.plays(Role.INFERENCE)
                        && p.endpoint().isPresent())
                .max(Comparator.comparing(PeerView::progressAt));
        if (peer.isEmpty()) {
            return false;
        }
        try {
            Gallery gallery = swarm.fetchGallery(peer.get().id()).get(PATIENCE_SECONDS, TimeUnit.SECONDS);
            return keep(peer.get(), gallery);
        } catch (ExecutionException | TimeoutException e) {
            complain(peer.get(), String.valueOf(e.getMessage()));
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private boolean keep(PeerView peer, Gallery gallery) {
        boolean known = gallery.getGeneration() == generation && gallery.getEpoch() == epoch;
        if (known || gallery.getPicturesCount() == 0) {
            return false;
        }
        List<StoredPicture> pictures = new ArrayList<>();
        for (Picture picture : gallery.getPicturesList()) {
            byte[] png = picture.getPng().toByteArray();
            Optional<String> problem = PngCheck.problem(png);
            if (problem.isPresent()) {
                complain(peer, problem.get());
            } else if (pictures.size() < MAX_PICTURES) {
                String prompt = picture.getPrompt();
                pictures.add(new StoredPicture(
                        pictures.size(),
                        gallery.getGeneration(),
                        gallery.getEpoch(),
                        prompt.substring(0, Math.min(prompt.length(), MAX_PROMPT_CHARACTERS)),
                        png));
            }
        }
        if (pictures.isEmpty()) {
            return false;
        }
        store.savePictures(pictures);
        generation = gallery.getGeneration();
        epoch = gallery.getEpoch();
        return true;
    }

    private void complain(PeerView peer, String problem) {
        String sentence = peer.token().accountName() + " (" + peer.id().abbreviated() + "): " + problem;
        if (!sentence.equals(complaint)) {
            complaint = sentence;
            log.info("No pictures from {}", sentence);
        }
    }
}
