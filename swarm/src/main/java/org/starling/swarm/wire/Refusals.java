package org.starling.swarm.wire;

import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.util.Locale;
import org.starling.swarm.identity.CredentialException;
import org.starling.swarm.runtime.SparingLog;
import org.starling.swarm.wire.RefusalException.Reason;

/** Refusals as gRPC statuses: the reason in a trailer, the sentence in the description. */
final class Refusals {
    private static final Metadata.Key<String> REASON =
            Metadata.Key.of("starling-refusal", Metadata.ASCII_STRING_MARSHALLER);

    private Refusals() {}

    static RefusalException of(CredentialException e) {
        Reason reason = switch (e.reason()) {
            case BANNED -> Reason.BANNED;
            case UNKNOWN_KEY -> Reason.UNKNOWN_KEY;
            default -> Reason.NOT_AUTHENTICATED;
        };
        return new RefusalException(reason, e.reason() + ": " + e.getMessage());
    }

    static StatusRuntimeException toStatus(RefusalException refusal) {
        Metadata trailers = new Metadata();
        trailers.put(REASON, refusal.reason().name());
        Status status = switch (refusal.reason()) {
            case NOT_AUTHENTICATED, UNKNOWN_KEY -> Status.UNAUTHENTICATED;
            case WRONG_ROLE, BANNED, SHUNNED -> Status.PERMISSION_DENIED;
            case MALFORMED -> Status.INVALID_ARGUMENT;
            case UNKNOWN_GROUP, UNKNOWN_STATE -> Status.NOT_FOUND;
            case BUSY, STOPPING, GROUP_FULL -> Status.RESOURCE_EXHAUSTED;
            case BEHIND, AHEAD, FORKED, NOT_LEADER, ROUND_RUNNING, LEFT_OUT, OTHER -> Status.FAILED_PRECONDITION;
        };
        return status.withDescription(refusal.getMessage()).asRuntimeException(trailers);
    }

    /** A {@link RefusalException} where the other side refused, an {@link UnreachableException} otherwise. */
    static RuntimeException ofStatus(Endpoint to, StatusRuntimeException e) {
        Metadata trailers = e.getTrailers();
        String name = trailers == null ? null : trailers.get(REASON);
        // it is the other side's, and goes into logs
        String description = SparingLog.printable(String.valueOf(e.getStatus().getDescription()));
        if (name == null) {
            return new UnreachableException(
                    to + " did not answer: "
                            + e.getStatus()
                                    .getCode()
                                    .name()
                                    .toLowerCase(Locale.ROOT)
                                    .replace('_', ' ') + ", "
                            + description,
                    e);
        }
        Reason reason;
        try {
            reason = Reason.valueOf(name);
        } catch (IllegalArgumentException unknown) {
            reason = Reason.OTHER;
        }
        return new RefusalException(reason, description);
    }
}
