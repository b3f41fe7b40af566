package org.starling.swarm.virtual;

import io.grpc.MethodDescriptor;

/** What calls are for and what they cost besides their messages, so that simulated and real traffic are counted alike. */
public final class Traffic {
    /** HTTP/2 frames and headers, TLS records and TCP/IP of one direction of a small call, roughly. */
    public static final int OVERHEAD_BYTES = 150;

    /** TLS 1.3 with certificates on both sides, and the tokens of the hello; both directions together. */
    public static final int HANDSHAKE_BYTES = 5_000;

    public static final String CONNECTIONS = "connections";

    private Traffic() {}

    /** The purpose of a method, in a word. */
    public static String purpose(MethodDescriptor<?, ?> method) {
        return switch (String.valueOf(method.getBareMethodName())) {
            case "Hello" -> CONNECTIONS;
            case "Gossip" -> "membership";
            case "JoinGroup", "JoinRound" -> "meeting";
            case "ExchangePart", "ExchangeMean", "FetchPart" -> "gradients";
            case "DescribeState", "FetchStateChunk" -> "state";
            case "Vote", "FetchOutcome", "FetchStatements", "SignRecord" -> "agreement";
            case "FetchRecords" -> "records";
            default -> "other";
        };
    }
}
