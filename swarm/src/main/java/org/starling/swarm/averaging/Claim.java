package org.starling.swarm.averaging;

import com.google.protobuf.ByteString;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.starling.swarm.identity.AccessToken;
import org.starling.swarm.identity.CredentialException;
import org.starling.swarm.identity.Ed25519;
import org.starling.swarm.identity.PeerId;
import org.starling.swarm.identity.PeerIdentity;
import org.starling.swarm.identity.Role;
import org.starling.swarm.identity.TokenVerifier;
import org.starling.swarm.run.SampleLimits;
import org.starling.swarm.wire.Endpoint;
import org.starling.swarm.wire.RefusalException;
import org.starling.swarm.wire.RefusalException.Reason;
import org.starling.swarm.wire.proto.Applicant;
import org.starling.swarm.wire.proto.GroupMember;
import org.starling.swarm.wire.proto.JoinGroupRequest;

/**
 * A peer's word of what it brings to a round, verified.
 *
 * @param address where the peer can be reached; empty if it can only dial out
 */
record Claim(AccessToken token, ByteString publicKey, String address, JoinGroupRequest request) {
    static final int NONCE_BYTES = 16;

    private static final byte[] CONTEXT = "starling-claim-v1".getBytes(StandardCharsets.US_ASCII);

    /** The request with its signature. */
    static JoinGroupRequest sign(JoinGroupRequest.Builder request, PeerIdentity identity) {
        return request.setSignature(ByteString.copyFrom(identity.sign(signedBytes(request.build()))))
                .build();
    }

    private static byte[] signedBytes(JoinGroupRequest claim) {
        byte[] round = claim.getRound().toByteArray();
        return ByteBuffer.allocate(
                        CONTEXT.length + round.length + 24 + claim.getNonce().size())
                .put(CONTEXT)
                .put(round)
                .putLong(claim.getSamples())
                .putDouble(claim.getBandwidth())
                .putLong(claim.getGradientElements())
                .put(claim.getNonce().asReadOnlyByteBuffer())
                .array();
    }

    PeerId peer() {
        return token.peer();
    }

    /** An offer to reduce. */
    static Claim offer(RoundKey round, double bandwidth, byte[] nonce, AccessToken token, PeerIdentity identity) {
        JoinGroupRequest request = sign(
                JoinGroupRequest.newBuilder()
                        .setRound(round.toMessage())
                        .setBandwidth(bandwidth)
                        .setNonce(ByteString.copyFrom(nonce)),
                identity);
        return new Claim(token, ByteString.copyFrom(identity.publicKey()), "", request);
    }

    /** @throws RefusalException saying what is wrong with an offer to reduce */
    Claim verifyOffer() {
        if (address.isEmpty() || !LoadBalancer.canReduceWith(request.getBandwidth())) {
            throw new RefusalException(
                    Reason.MALFORMED, "Whoever offers to reduce has an address that others can call, and a bandwidth");
        }
        return requireSigned();
    }

    /** @throws RefusalException saying what is wrong */
    Claim verify(int elements, SampleLimits limits) {
        if (request.getSamples() < 1
                || !limits.arePossible(request.getSamples())
                || request.getGradientElements() != elements
                || !LoadBalancer.isPossible(request.getBandwidth())) {
            throw new RefusalException(
                    Reason.MALFORMED,
                    "A claim of " + request.getSamples() + " samples, of which one to " + limits.mostSamples()
                            + " are possible, for " + request.getGradientElements()
                            + " elements where the gradient has " + elements + ", with " + request.getBandwidth()
                            + " bytes a second, where none or " + LoadBalancer.LEAST_BANDWIDTH + " to "
                            + LoadBalancer.MOST_BANDWIDTH + " are possible");
        }
        return requireSigned();
    }

    private Claim requireSigned() {
        if (request.getNonce().size() != NONCE_BYTES
                || !Ed25519.verify(
                        publicKey.toByteArray(),
                        signedBytes(request),
                        request.getSignature().toByteArray())) {
            throw new RefusalException(Reason.MALFORMED, "The claim is not signed by the claimant");
        }
        return this;
    }

    /**
     * A claim that another peer has passed on.
     *
     * @throws RefusalException saying what is wrong
     */
    static Claim passedOn(
            Applicant applicant, RoundKey round, TokenVerifier verifier, int elements, SampleLimits limits) {
        AccessToken token;
        try {
            token = verifier.verify(applicant.getAccessToken());
            if (!applicant.getAddress().isEmpty()) {
                Endpoint.requireAddress(applicant.getAddress());
            }
            if (!RoundKey.of(applicant.getClaim().getRound()).equals(round)) {
                throw new IllegalArgumentException("a claim for another round");
            }
        } catch (CredentialException | IllegalArgumentException e) {
            throw new RefusalException(Reason.MALFORMED, "An applicant that cannot be admitted: " + e.getMessage());
        }
        if (!token.roles().contains(Role.TRAINER)
                || applicant.getPublicKey().size() != Ed25519.PUBLIC_KEY_BYTES
                || !PeerId.ofPublicKey(applicant.getPublicKey().toByteArray()).equals(token.peer())) {
            throw new RefusalException(Reason.MALFORMED, "An applicant whose token is not a trainer's, or another's");
        }
        return new Claim(token, applicant.getPublicKey(), applicant.getAddress(), applicant.getClaim())
                .verify(elements, limits);
    }

    Applicant toApplicant() {
        return Applicant.newBuilder()
                .setClaim(request)
                .setPublicKey(publicKey)
                .setAccessToken(token.compact())
                .setAddress(address)
                .build();
    }

    GroupMember toMember() {
        return GroupMember.newBuilder()
                .setPublicKey(publicKey)
                .setAccountId(token.accountId())
                .setAccountName(token.accountName())
                .setSamples(request.getSamples())
                .setAddress(address)
                .setBandwidth(request.getBandwidth())
                .build();
    }

    static boolean anyReachable(List<Claim> claims) {
        return claims.stream().anyMatch(claim -> !claim.address().isEmpty());
    }
}
