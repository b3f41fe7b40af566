package org.starling.swarm.membership;

import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.starling.swarm.identity.AccessToken;
import org.starling.swarm.identity.PeerIdentity;
import org.starling.swarm.identity.Role;
import org.starling.swarm.testing.TestAuthority;
import org.starling.swarm.wire.proto.NewsBody;
import org.starling.swarm.wire.proto.PeerRecord;
import org.starling.swarm.wire.proto.Progress;

/**
 * What a peer that has just been admitted says of itself.
 *
 * @param news its record and its progress, good for an hour
 */
record Words(AccessToken token, List<News> news) {
    /** @param address empty for a peer that can only dial out */
    static Words of(TestAuthority authority, String run, String account, String address, Instant now) {
        PeerIdentity identity = PeerIdentity.create();
        AccessToken token = authority.issue(identity, account, Set.of(Role.TRAINER), now);
        NewsBody.Builder record = NewsBody.newBuilder()
                .setPeer(PeerRecord.newBuilder()
                        .setAddress(address)
                        .setAccessToken(token.compact())
                        .addRoles(Role.TRAINER.claim()));
        NewsBody.Builder progress = NewsBody.newBuilder().setProgress(Progress.newBuilder());
        return new Words(
                token,
                Stream.of(record, progress)
                        .map(body -> News.sign(
                                body.setSequence(now.toEpochMilli())
                                        .setLifetimeMillis(3_600_000)
                                        .build(),
                                run,
                                identity))
                        .toList());
    }
}
