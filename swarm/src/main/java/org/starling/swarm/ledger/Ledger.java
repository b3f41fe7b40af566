package org.starling.swarm.ledger;

import com.google.protobuf.ByteString;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.BinaryOperator;
import java.util.function.Function;
import java.util.function.IntUnaryOperator;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.starling.swarm.digest.Digest;
import org.starling.swarm.identity.AccessToken;
import org.starling.swarm.identity.CredentialException;
import org.starling.swarm.identity.Ed25519;
import org.starling.swarm.identity.PeerId;
import org.starling.swarm.identity.Role;
import org.starling.swarm.identity.TokenVerifier;
import org.starling.swarm.wire.proto.EpochRecordMessage;
import org.starling.swarm.wire.proto.RecordSignature;

/**
 * The epoch records that this peer knows, with the signatures that it has verified. A record counts once a quorum of its
 * members has signed it: then it is <em>final</em>. Keeps the newest records; older ones are in the hands of those who
 * keep history. Confined to one thread.
 */
public final class Ledger {
    private static final int MAX_RECORDS = 4096;
    private static final long MAX_BYTES = 64L << 20;
    private static final int MAX_REPLY_BYTES = 4 << 20;

    private final TokenVerifier verifier;
    private final IntUnaryOperator quorum;
    private final Function<PeerId, Optional<AccessToken>> knownTokens;
    private final Map<Digest, Entry> entries = new LinkedHashMap<>();
    private final Map<PeerId, AccessToken> signers = new HashMap<>();
    private final Map<Long, EpochRecord> heads = new HashMap<>();
    private final Set<Digest> setAside = new HashSet<>();
    private long bytes;

    private static final class Entry {
        final EpochRecord record;
        final SortedMap<Integer, ByteString> signatures = new TreeMap<>();

        Entry(EpochRecord record) {
            this.record = record;
        }
    }

    /** What became of a record that was handed in. */
    public enum Acceptance {
        /** Nothing new. */
        KNOWN,
        /** New, or with new signatures, but not yet signed by a quorum. */
        PENDING,
        /** Signed by a quorum since this call. */
        BECAME_FINAL
    }

    /**
     * @param quorum members of a group to signatures that a record needs
     * @param knownTokens verified tokens of peers that are around
     */
    public Ledger(
            TokenVerifier verifier, IntUnaryOperator quorum, Function<PeerId, Optional<AccessToken>> knownTokens) {
        this.verifier = verifier;
        this.quorum = quorum;
        this.knownTokens = knownTokens;
    }

    /**
     * Takes in a record with some signatures, as many as it needs. Signatures that cannot be verified, or not yet because the
     * signer's token is unknown here, are left out.
     *
     * @throws IllegalArgumentException if the record is malformed or contradicts its parent
     */
    public Acceptance accept(EpochRecordMessage message) {
        if (message.getSignaturesCount() > EpochRecord.MAX_MEMBERS) {
            throw new IllegalArgumentException("an epoch record with " + message.getSignaturesCount() + " signatures");
        }
        Entry entry = entries.get(EpochRecord.idOf(message.getBody()));
        if (entry == null) {
            EpochRecord parsed = EpochRecord.parse(message.getBody(), verifier.run());
            requireConsistent(parsed);
            entry = new Entry(parsed);
        }
        EpochRecord record = entry.record;
        int needed = quorum.applyAsInt(record.members().size());
        int before = entry.signatures.size();
        for (RecordSignature signature : message.getSignaturesList()) {
            if (entry.signatures.size() >= needed) {
                break;
            }
            if (!entry.signatures.containsKey(signature.getMember()) && isValid(record, signature)) {
                entry.signatures.put(signature.getMember(), signature.getSignature());
            }
        }
        if (entry.signatures.size() == before) {
            return Acceptance.KNOWN;
        }
        if (entries.put(record.id(), entry) == null) {
            bytes += record.bytes().size();
            prune();
        }
        if (entry.signatures.size() < needed) {
            return Acceptance.PENDING;
        }
        if (!setAside.contains(record.id())) {
            heads.merge(record.generation(), record, BinaryOperator.maxBy(ForkChoice.BY_WEIGHT));
        }
        return Acceptance.BECAME_FINAL;
    }

    private void requireConsistent(EpochRecord record) {
        Entry parent = entries.get(record.parent());
        if (parent == null) {
            return;
        }
        EpochRecord p = parent.record;
        if (record.epoch() != p.epoch() + 1
                || record.generation() != p.generation()
                || record.totalSamples() != p.totalSamples() + record.samples()
                || !record.stateBefore().equals(p.stateAfter())) {
            throw new IllegalArgumentException(record + " does not follow from its parent, " + p);
        }
    }

    private boolean isValid(EpochRecord record, RecordSignature signature) {
        if (signature.getMember() < 0
                || signature.getMember() >= record.members().size()) {
            return false;
        }
        EpochRecord.Member member = record.members().get(signature.getMember());
        AccessToken token = findToken(record, member, signature.getAccessToken());
        if (token == null
                || !token.accountId().equals(member.accountId())
                || !token.roles().contains(Role.TRAINER)
                || !Ed25519.verify(
                        member.publicKey().toByteArray(),
                        record.signedBytes(),
                        signature.getSignature().toByteArray())) {
            return false;
        }
        signers.put(member.peer(), token);
        return true;
    }

    private @Nullable AccessToken findToken(EpochRecord record, EpochRecord.Member member, String shown) {
        Optional<AccessToken> known = knownTokens.apply(member.peer());
        if (known.isEmpty()) {
            known = Optional.ofNullable(signers.get(member.peer()));
        }
        if (known.isPresent() && isTimely(known.get(), record)) {
            return known.get();
        }
        if (shown.isEmpty()) {
            return null;
        }
        try {
            AccessToken token = verifier.verifyAt(shown, record.startedAt());
            return token.peer().equals(member.peer()) ? token : null;
        } catch (CredentialException e) {
            return null;
        }
    }

    private static boolean isTimely(AccessToken token, EpochRecord record) {
        // a renewed token is younger than what its owner signed with the one before
        return record.startedAt().isBefore(token.expiresAt());
    }

    private void prune() {
        while (entries.size() > MAX_RECORDS || bytes > MAX_BYTES && entries.size() > 1) {
            Entry oldest = entries.values().iterator().next();
            entries.remove(oldest.record.id());
            setAside.remove(oldest.record.id());
            bytes -= oldest.record.bytes().size();
        }
    }

    /**
     * Leaves records out of the choice of a head: nobody has the states that they led to. They come back with {@link
     * #restore}.
     */
    public void setAside(Collection<Digest> records) {
        if (setAside.addAll(records)) {
            chooseHeads();
        }
    }

    /** Takes records into the choice again whose states somebody has after all. */
    public void restore(Predicate<EpochRecord> isAvailable) {
        if (setAside.removeIf(id -> find(id).filter(isAvailable).isPresent())) {
            chooseHeads();
        }
    }

    private void chooseHeads() {
        heads.clear();
        for (Entry entry : entries.values()) {
            EpochRecord record = entry.record;
            if (isFinal(record.id()) && !setAside.contains(record.id())) {
                heads.merge(record.generation(), record, BinaryOperator.maxBy(ForkChoice.BY_WEIGHT));
            }
        }
    }

    /** The head of the generation's heaviest chain; empty before its first epoch. */
    public Optional<EpochRecord> head(long generation) {
        return Optional.ofNullable(heads.get(generation));
    }

    public Optional<EpochRecord> find(Digest id) {
        return Optional.ofNullable(entries.get(id)).map(e -> e.record);
    }

    /** Whether a quorum has signed the record. */
    public boolean isFinal(Digest id) {
        Entry entry = entries.get(id);
        return entry != null
                && entry.signatures.size()
                        >= quorum.applyAsInt(entry.record.members().size());
    }

    /** Records of a generation's heaviest chain after the given one, oldest first; the newest ones if that is not on the chain. */
    public List<EpochRecord> chainAfter(long generation, Digest after, int limit) {
        Deque<EpochRecord> chain = new ArrayDeque<>();
        Optional<EpochRecord> record = head(generation);
        while (record.isPresent() && !record.get().id().equals(after)) {
            chain.addFirst(record.get());
            record = find(record.get().parent());
        }
        List<EpochRecord> oldestFirst = List.copyOf(chain);
        return record.isPresent()
                ? oldestFirst.subList(0, Math.min(limit, oldestFirst.size()))
                : oldestFirst.subList(Math.max(0, oldestFirst.size() - limit), oldestFirst.size());
    }

    /** Records from the given one back towards the origin, newest first. */
    public List<EpochRecord> chainFrom(Digest from, int limit) {
        List<EpochRecord> chain = new ArrayList<>();
        Optional<EpochRecord> record = find(from);
        while (record.isPresent() && chain.size() < limit) {
            chain.add(record.get());
            record = find(record.get().parent());
        }
        return chain;
    }

    /**
     * A record with its verified signatures, to be passed on.
     *
     * @param withTokens whether to add the signers' tokens, so that those who never met them can verify
     */
    public Optional<EpochRecordMessage> message(Digest id, boolean withTokens) {
        return Optional.ofNullable(entries.get(id)).map(entry -> message(entry, introducer(withTokens)));
    }

    /**
     * Records with their verified signatures, as many as fit into a reply.
     *
     * @param withTokens whether to add each signer's token where it has signed first
     */
    public List<EpochRecordMessage> messages(Collection<EpochRecord> records, boolean withTokens) {
        Predicate<PeerId> introducing = introducer(withTokens);
        List<EpochRecordMessage> messages = new ArrayList<>();
        int size = 0;
        for (EpochRecord record : records) {
            Entry entry = entries.get(record.id());
            if (entry == null) {
                continue;
            }
            EpochRecordMessage message = message(entry, introducing);
            size += message.getSerializedSize();
            if (size > MAX_REPLY_BYTES && !messages.isEmpty()) {
                break;
            }
            messages.add(message);
        }
        return messages;
    }

    /** Whether the signer is to be introduced by its token: once, or never. */
    private static Predicate<PeerId> introducer(boolean withTokens) {
        Set<PeerId> introduced = new HashSet<>();
        return signer -> withTokens && introduced.add(signer);
    }

    private EpochRecordMessage message(Entry entry, Predicate<PeerId> introducing) {
        EpochRecordMessage.Builder message = EpochRecordMessage.newBuilder().setBody(entry.record.bytes());
        entry.signatures.forEach((member, signature) -> {
            RecordSignature.Builder one =
                    RecordSignature.newBuilder().setMember(member).setSignature(signature);
            PeerId signer = entry.record.members().get(member).peer();
            AccessToken token = signers.get(signer);
            if (token != null && introducing.test(signer)) {
                one.setAccessToken(token.compact());
            }
            message.addSignatures(one);
        });
        return message.build();
    }
}
