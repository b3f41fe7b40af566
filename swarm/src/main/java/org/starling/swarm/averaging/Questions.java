package org.starling.swarm.averaging;

import com.google.protobuf.Message;
import io.grpc.MethodDescriptor;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.starling.swarm.run.AveragingSettings;
import org.starling.swarm.runtime.Futures;
import org.starling.swarm.wire.Endpoint;
import org.starling.swarm.wire.RefusalException;

/**
 * Small calls by which a member finds out whether another is there. Since much follows from it when nobody answers, each is made
 * again where there was no connection, and a few times in any case while no answer comes; the first answer counts. Confined to the
 * protocol thread.
 */
final class Questions {
    /** Lines break now and then. */
    private static final int RECONNECTS = 3;

    /** Calls, or their answers, get lost now and then without a word. */
    private static final int TIMES_ASKED = 3;

    private final Exchange exchange;
    private final Duration pause;

    /** @param pause before a call is made again for which there was no connection */
    Questions(Exchange exchange, Duration pause) {
        this.exchange = exchange;
        this.pause = pause;
    }

    /** One question, however often it is asked. */
    private final class Question<Q extends Message, R extends Message> {
        final Endpoint to;
        final MethodDescriptor<Q, R> method;
        final Q request;
        final CompletableFuture<R> answer = new CompletableFuture<>();
        int open;

        Question(Endpoint to, MethodDescriptor<Q, R> method, Q request) {
            this.to = to;
            this.method = method;
            this.request = request;
        }

        void call(Duration patience, int reconnects) {
            open++;
            attempt(patience, reconnects);
        }

        private void attempt(Duration patience, int reconnects) {
            long begun = exchange.scheduler().nanoTime();
            exchange.calls()
                    .attempt(to, method, request, patience)
                    .whenComplete(exchange.scheduler().guarded((reply, failure) -> {
                        Duration waited = Duration.ofNanos(exchange.scheduler().nanoTime() - begun);
                        Duration left = patience.minus(waited).minus(pause);
                        boolean answered = failure == null || Futures.cause(failure) instanceof RefusalException;
                        if (!answered && reconnects > 0 && !left.isNegative() && !left.isZero()) {
                            exchange.scheduler().schedule(pause, () -> attempt(left, reconnects - 1));
                        } else if (--open == 0 || answered) {
                            Futures.<R>into(answer).accept(reply, failure);
                        }
                    }));
        }
    }

    /** What is left of a part timeout when a quarter of it has gone by in silence; so a dead member costs one in all. */
    static Duration patience(AveragingSettings settings) {
        return settings.partTimeout().multipliedBy(3).dividedBy(4);
    }

    /** Asks. The future fails when nobody has answered for as long as that, or as such answers have taken. */
    <Q extends Message, R extends Message> CompletableFuture<R> ask(
            Deadline kind, Endpoint to, MethodDescriptor<Q, R> method, Q request) {
        Duration usual = patience(exchange.settings());
        Duration patience = exchange.deadlines().allowed(kind, to.address(), usual);
        long began = exchange.scheduler().nanoTime();
        Question<Q, R> question = new Question<>(to, method, request);
        question.answer.whenComplete(exchange.scheduler()
                .guarded((reply, failure) -> exchange.calls().ended(kind, to, began, patience, failure)));
        question.call(patience, RECONNECTS);
        for (int i = 1; i < TIMES_ASKED; i++) {
            Duration after = patience.multipliedBy(i).dividedBy(TIMES_ASKED);
            exchange.scheduler().schedule(after, () -> {
                if (!question.answer.isDone()) {
                    question.call(patience.minus(after), 0);
                }
            });
        }
        return question.answer;
    }
}
