package org.starling.swarm.ledger;

import com.google.protobuf.ByteString;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.IntUnaryOperator;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.starling.swarm.digest.Digest;
import org.starling.swarm.identity.AccessToken;
import org.starling.swarm.identity.CredentialException;
import org.starling.swarm.identity.Ed25519;
import org.starling.swarm.identity.PeerId;
import org.starling.swarm.identity.Role;
import org.starling.swarm.identity.TokenVerifier;
import org.starling.swarm.run.SampleLimits;
import org.starling.swarm.wire.proto.EpochRecordMessage;
import org.starling.swarm.wire.proto.RecordSignature;

/**
 * The epoch records that this peer knows, with the signatures that it has verified. A record counts once a quorum of its
 * members has signed it: then it is <em>final</em>. Keeps the newest records; older ones are in the hands of those who
 * keep history. Confined to one thread.
 */
public final class Ledger {
    /** Records before one's own that a fork may go back. */
    public static final int MAX_RECORDS = 4096;

    /** Removed together, so that the chain to be kept is not sought for each. */
    private static final int PRUNED_AT_ONCE = 256;

    private static final long MAX_BYTES = 64L << 20;

    private final TokenVerifier verifier;
    private final IntUnaryOperator quorum;
    private final Supplier<SampleLimits> limits;
    private final Function<PeerId, Optional<AccessToken>> knownTokens;
    private final Map<Digest, Entry> entries = new LinkedHashMap<>();
    private final Map<PeerId, AccessToken> signers = new HashMap<>();
    private final InstantSource clock;
    private final Map<Digest, Set<Digest>> children = new HashMap<>();
    private final Map<Digest, Set<Digest>> byState = new HashMap<>();
    private final Map<Long, Digest> followed = new HashMap<>();
    private final Set<Digest> setAside = new HashSet<>();
    private final Set<Digest> rejected = new HashSet<>();
    private long bytes;
    private long changes;

    private static final class Entry {
        final EpochRecord record;
        /** By member, null of those whose signature is not here. */
        private final @Nullable ByteString[] signatures;

        private int signed;

        Entry(EpochRecord record) {
            this.record = record;
            this.signatures = new ByteString[record.members().size()];
        }

        void sign(int member, ByteString signature) {
            signatures[member] = signature;
            signed++;
        }

        boolean isSignedBy(int member) {
            return member >= 0 && member < signatures.length && signatures[member] != null;
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
     * @param limits of what a record may credit, asked for each record
     * @param knownTokens verified tokens of peers that are around
     */
    public Ledger(
            TokenVerifier verifier,
            IntUnaryOperator quorum,
            Supplier<SampleLimits> limits,
            Function<PeerId, Optional<AccessToken>> knownTokens,
            InstantSource clock) {
        this.clock = clock;
        this.verifier = verifier;
        this.quorum = quorum;
        this.limits = limits;
        this.knownTokens = knownTokens;
    }

    /**
     * Takes in a record with some signatures, as many as it needs. Signatures that cannot be verified, or not yet because the
     * signer's token is unknown here, are left out, and so is all that comes after a wrong one.
     *
     * @throws IllegalArgumentException if the record is malformed, contradicts its parent, or is of the future
     */
    public Acceptance accept(EpochRecordMessage message) {
        if (message.getSignaturesCount() > EpochRecord.MAX_MEMBERS) {
            throw new IllegalArgumentException("an epoch record with " + message.getSignaturesCount() + " signatures");
        }
        Entry entry = entries.get(EpochRecord.idOf(message.getBody()));
        if (entry == null) {
            EpochRecord parsed = EpochRecord.parse(message.getBody(), verifier.run());
            requireTimely(parsed);
            requirePossible(parsed);
            Entry parent = entries.get(parsed.parent());
            if (parent != null && !follows(parsed, parent.record)) {
                throw new IllegalArgumentException(parsed + " does not follow from its parent, " + parent.record);
            }
            entry = new Entry(parsed);
        }
        EpochRecord record = entry.record;
        int needed = quorum.applyAsInt(record.members().size());
        int before = entry.signed;
        for (RecordSignature signature : message.getSignaturesList()) {
            if (entry.signed >= needed) {
                break;
            }
            int member = signature.getMember();
            Optional<AccessToken> signer = entry.isSignedBy(member) ? Optional.empty() : findSigner(record, signature);
            if (signer.isEmpty()) {
                continue;
            }
            if (!isValid(record, signature)) {
                // nobody passes one on that is not; the rest is as good, and looking at it takes long
                break;
            }
            signers.put(signer.get().peer(), signer.get());
            entry.sign(member, signature.getSignature());
        }
        if (entry.signed == before) {
            return Acceptance.KNOWN;
        }
        if (entries.put(record.id(), entry) == null) {
            add(record);
        }
        changes++;
        return entry.signed < needed ? Acceptance.PENDING : Acceptance.BECAME_FINAL;
    }

    /** Keeps the record of a round in which this peer has just stepped, whatever becomes of its signatures. */
    public void keep(EpochRecord record) {
        if (entries.putIfAbsent(record.id(), new Entry(record)) == null) {
            add(record);
            changes++;
        }
    }

    private void add(EpochRecord record) {
        bytes += record.bytes().size();
        children.computeIfAbsent(record.parent(), id -> new LinkedHashSet<>()).add(record.id());
        byState.computeIfAbsent(record.stateAfter(), id -> new LinkedHashSet<>())
                .add(record.id());
        // those that came before their parent could not be compared with it
        for (Digest child : List.copyOf(children.getOrDefault(record.id(), Set.of()))) {
            if (!follows(require(child).record, record)) {
                remove(child);
            }
        }
        prune();
    }

    private Entry require(Digest id) {
        return Objects.requireNonNull(entries.get(id));
    }

    private void requireTimely(EpochRecord record) {
        if (record.startedAt().isAfter(clock.instant().plus(SampleLimits.MAX_CLOCK_SKEW))) {
            throw new IllegalArgumentException(record + " of the future, " + record.startedAt());
        }
    }

    private void requirePossible(EpochRecord record) {
        for (EpochRecord.Member member : record.members()) {
            if (!limits.get().arePossible(member.samples())) {
                throw new IllegalArgumentException(
                        record + " credits " + member.peer().abbreviated() + " with "
                                + member.samples() + " samples, and nobody computes more than "
                                + limits.get().mostSamples());
            }
        }
    }

    private boolean follows(EpochRecord record, EpochRecord parent) {
        return record.epoch() == parent.epoch() + 1
                && record.generation() == parent.generation()
                && record.totalSamples() == parent.totalSamples() + record.samples()
                && record.stateBefore().equals(parent.stateAfter())
                && !record.startedAt()
                        .isBefore(limits.get()
                                .earliestStart(
                                        Optional.of(parent.startedAt()),
                                        record.members().size()));
    }

    private static boolean isValid(EpochRecord record, RecordSignature signature) {
        return Ed25519.verify(
                record.members().get(signature.getMember()).publicKey().toByteArray(),
                record.signedBytes(),
                signature.getSignature().toByteArray());
    }

    /** By what right a member signs; empty if it is none, or has none that is known here. */
    private Optional<AccessToken> findSigner(EpochRecord record, RecordSignature signature) {
        if (signature.getMember() < 0
                || signature.getMember() >= record.members().size()) {
            return Optional.empty();
        }
        EpochRecord.Member member = record.members().get(signature.getMember());
        return Optional.ofNullable(findToken(record, member, signature.getAccessToken()))
                .filter(token -> token.accountId().equals(member.accountId())
                        && token.roles().contains(Role.TRAINER));
    }

    private @Nullable AccessToken findToken(EpochRecord record, EpochRecord.Member member, String shown) {
        Optional<AccessToken> known = knownTokens.apply(member.peer());
        if (known.isEmpty()) {
            known = Optional.ofNullable(signers.get(member.peer())).filter(verifier::isTrusted);
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

    /** Lets go of the oldest, first of those that did not lead to where this peer stands. */
    private void prune() {
        if (entries.size() <= MAX_RECORDS && bytes <= MAX_BYTES) {
            return;
        }
        Set<Digest> own = new HashSet<>();
        for (Digest head : followed.values()) {
            chainFrom(head, MAX_RECORDS / 2).forEach(record -> own.add(record.id()));
        }
        List<Digest> oldestFirst = new ArrayList<>();
        entries.keySet().stream().filter(id -> !own.contains(id)).forEach(oldestFirst::add);
        entries.keySet().stream().filter(own::contains).forEach(oldestFirst::add);
        for (Digest id : oldestFirst.subList(0, oldestFirst.size() - 1)) {
            if (entries.size() <= MAX_RECORDS - PRUNED_AT_ONCE && bytes <= MAX_BYTES) {
                return;
            }
            remove(id);
        }
    }

    private void remove(Digest id) {
        EpochRecord record = require(id).record;
        entries.remove(id);
        setAside.remove(id);
        rejected.remove(id);
        bytes -= record.bytes().size();
        removeFrom(children, record.parent(), id);
        removeFrom(byState, record.stateAfter(), id);
        changes++;
    }

    private static void removeFrom(Map<Digest, Set<Digest>> index, Digest key, Digest id) {
        index.computeIfPresent(key, (k, ids) -> {
            ids.remove(id);
            return ids.isEmpty() ? null : ids;
        });
    }

    /**
     * Leaves records out of the choice of a head: nobody has the states that they led to. They come back with {@link
     * #restore}.
     */
    public void setAside(Collection<Digest> records) {
        if (setAside.addAll(records)) {
            changes++;
        }
    }

    /** Leaves a record out of the choice of a head for good: the state that it led to is none. */
    public void reject(Digest id) {
        if (entries.containsKey(id) && rejected.add(id)) {
            changes++;
        }
    }

    /** Takes records into the choice again whose states somebody has after all. */
    public void restore(Predicate<EpochRecord> isAvailable) {
        if (setAside.removeIf(id -> find(id).filter(isAvailable).isPresent())) {
            changes++;
        }
    }

    /** Grows with whatever may change a choice between chains. */
    public long changes() {
        return changes;
    }

    /** Whether the record may be chosen: it is final, and its state is neither given up nor rejected. */
    public boolean isEligible(EpochRecord record) {
        return isFinal(record.id()) && !setAside.contains(record.id()) && !rejected.contains(record.id());
    }

    /** Records of a generation that may be chosen, in the order in which they came. */
    public List<EpochRecord> eligible(long generation) {
        return entries.values().stream()
                .map(entry -> entry.record)
                .filter(record -> record.generation() == generation && isEligible(record))
                .toList();
    }

    /** The record of the latest epoch that may be chosen; empty where none is known. */
    public Optional<EpochRecord> newest(long generation) {
        return eligible(generation).stream().max(Comparator.comparingLong(EpochRecord::epoch));
    }

    /** The record that led to a state; of several, the one with the most members. */
    public Optional<EpochRecord> findByState(long generation, long epoch, Digest state) {
        return byState.getOrDefault(state, Set.of()).stream()
                .map(id -> require(id).record)
                .filter(record -> record.generation() == generation && record.epoch() == epoch)
                .max(Comparator.comparingInt(
                                (EpochRecord record) -> record.members().size())
                        .thenComparing(EpochRecord::id));
    }

    /** Takes the chain to a place as this peer's in a generation: a record's id, or where the generation begins. */
    public void follow(long generation, Digest place) {
        followed.put(generation, place);
    }

    /** The newest final record of the chain that this peer follows in a generation; empty before the first epoch. */
    public Optional<EpochRecord> head(long generation) {
        Optional<EpochRecord> head =
                Optional.ofNullable(followed.get(generation)).flatMap(this::find);
        while (head.isPresent() && !isFinal(head.get().id())) {
            head = find(head.get().parent());
        }
        return head;
    }

    public Optional<EpochRecord> find(Digest id) {
        return Optional.ofNullable(entries.get(id)).map(e -> e.record);
    }

    /** Whether a quorum has signed the record. */
    public boolean isFinal(Digest id) {
        Entry entry = entries.get(id);
        return entry != null
                && entry.signed >= quorum.applyAsInt(entry.record.members().size());
    }

    /** The members of a record whose signatures are here; nobody, if the record is not. */
    public Set<PeerId> signersOf(Digest id) {
        Set<PeerId> signed = new HashSet<>();
        Entry entry = entries.get(id);
        for (int member = 0; entry != null && member < entry.signatures.length; member++) {
            if (entry.isSignedBy(member)) {
                signed.add(entry.record.members().get(member).peer());
            }
        }
        return signed;
    }

    /**
     * Records of the chain that this peer follows which somebody lacks who follows another, newest first: back to where the two chains
     * meet, as far as that is known here. None, if the other one is ahead on the same chain.
     *
     * @param other the newest record of the other chain
     * @param limit records at most
     */
    public List<EpochRecord> chainAfter(long generation, Digest other, int limit) {
        List<EpochRecord> chain = new ArrayList<>();
        Optional<EpochRecord> record = head(generation);
        Optional<EpochRecord> theirs = find(other);
        while (record.isPresent() && chain.size() < limit) {
            long epoch = record.get().epoch();
            while (theirs.filter(t -> t.epoch() > epoch).isPresent()) {
                theirs = find(theirs.get().parent());
            }
            Digest id = record.get().id();
            if (theirs.filter(t -> t.id().equals(id)).isPresent()) {
                break;
            }
            chain.add(record.get());
            record = find(record.get().parent());
        }
        return chain;
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
     * Records with their verified signatures: the first of the given ones, as many as fit, at least one.
     *
     * @param newestFirst known here; others are left out
     * @param maxBytes of all messages together
     * @return oldest first, each signer's token where it has signed first, so that whoever takes them in one after the other
     *     and never met the signers can verify
     */
    public List<EpochRecordMessage> messages(Collection<EpochRecord> newestFirst, int maxBytes) {
        Deque<Entry> fitting = new ArrayDeque<>();
        Predicate<PeerId> counted = introducer(true);
        int size = 0;
        for (EpochRecord record : newestFirst) {
            Entry entry = entries.get(record.id());
            if (entry == null) {
                continue;
            }
            size += message(entry, counted).getSerializedSize();
            if (size > maxBytes && !fitting.isEmpty()) {
                break;
            }
            fitting.addFirst(entry);
        }
        Predicate<PeerId> introducing = introducer(true);
        return fitting.stream().map(entry -> message(entry, introducing)).toList();
    }

    /** Whether the signer is to be introduced by its token: once, or never. */
    private static Predicate<PeerId> introducer(boolean withTokens) {
        Set<PeerId> introduced = new HashSet<>();
        return signer -> withTokens && introduced.add(signer);
    }

    private EpochRecordMessage message(Entry entry, Predicate<PeerId> introducing) {
        EpochRecordMessage.Builder message = EpochRecordMessage.newBuilder().setBody(entry.record.bytes());
        for (int member = 0; member < entry.signatures.length; member++) {
            ByteString signature = entry.signatures[member];
            if (signature == null) {
                continue;
            }
            RecordSignature.Builder one =
                    RecordSignature.newBuilder().setMember(member).setSignature(signature);
            PeerId signer = entry.record.members().get(member).peer();
            AccessToken token = signers.get(signer);
            if (token != null && introducing.test(signer)) {
                one.setAccessToken(token.compact());
            }
            message.addSignatures(one);
        }
        return message.build();
    }
}
