package org.starling.auth.page;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.ui.Model;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.servlet.mvc.support.RedirectAttributes;
import org.starling.auth.Problem;
import org.starling.auth.companion.Checkpoints;
import org.starling.auth.companion.Checkpoints.Checkpoint;
import org.starling.auth.order.RunOrders;
import org.starling.auth.run.Office;
import org.starling.auth.visit.As;
import org.starling.auth.visit.OfficialVisit;
import org.starling.swarm.digest.Digest;
import org.starling.swarm.ledger.StateReference;

/** For operators: takes the swarm back to a state that it had. */
@Page
@RequestMapping("/runs/{organisation}/{name}/rollback")
class RollbackPage {

    private final RunOrders orders;
    private final Checkpoints checkpoints;

    RollbackPage(RunOrders orders, Checkpoints checkpoints) {
        this.orders = orders;
        this.checkpoints = checkpoints;
    }

    /** @param loss in the task's metric, or a dash */
    record Row(Checkpoint checkpoint, String loss, String created) {
        static Row of(Checkpoint checkpoint) {
            Double loss = checkpoint.loss();
            return new Row(
                    checkpoint,
                    loss == null ? "–" : String.format(Locale.ROOT, "%.4g", loss),
                    Ago.moment(checkpoint.created()));
        }
    }

    /** The fields may be filled in from the list. */
    @GetMapping
    String show(
            @As(Office.OPERATOR) OfficialVisit visit,
            @RequestParam(name = "epoch", defaultValue = "") String epoch,
            @RequestParam(name = "samples", defaultValue = "") String samples,
            @RequestParam(name = "digest", defaultValue = "") String digest,
            Model model) {
        Optional<List<Checkpoint>> known = checkpoints.of(visit.run());
        model.addAttribute("service", visit.run().checkpoints());
        model.addAttribute("away", known.isEmpty());
        model.addAttribute(
                "checkpoints", known.orElse(List.of()).stream().map(Row::of).toList());
        model.addAttribute("epoch", epoch);
        model.addAttribute("samples", samples);
        model.addAttribute("digest", digest);
        return "rollback";
    }

    @PostMapping
    @Form(on = "/runs/{organisation}/{name}/rollback")
    String order(
            @As(Office.OPERATOR) OfficialVisit visit,
            @RequestParam(name = "epoch", required = false) @Nullable String epoch,
            @RequestParam(name = "samples", required = false) @Nullable String samples,
            @RequestParam(name = "digest", required = false) @Nullable String digest,
            RedirectAttributes next) {
        StateReference state = new StateReference(count("epoch", epoch), count("samples", samples), state(digest));
        orders.rollback(visit.run(), visit.visitor(), state);
        next.addFlashAttribute(
                "done",
                "The swarm goes back to epoch " + state.epoch() + " now. What it learned since then counts no more.");
        return "redirect:" + visit.page("operate");
    }

    private static long count(String field, @Nullable String typed) {
        if (typed == null || typed.isBlank()) {
            throw Problem.invalid(field, field + " is missing");
        }
        long number = Fields.wholeNumber(field, typed);
        if (number < 0) {
            throw Problem.invalid(field, field + " cannot be less than 0");
        }
        return number;
    }

    private static Digest state(@Nullable String typed) {
        try {
            return Digest.parse(typed == null ? "" : typed.strip());
        } catch (IllegalArgumentException e) {
            throw Problem.invalid("digest", "digest must be the 64 hexadecimal digits that name the state");
        }
    }
}
