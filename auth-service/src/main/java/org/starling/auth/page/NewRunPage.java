package org.starling.auth.page;

import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.springframework.ui.Model;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.ModelAttribute;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.servlet.mvc.support.RedirectAttributes;
import org.starling.auth.run.Administration;
import org.starling.auth.run.NewRun;
import org.starling.auth.run.Run;
import org.starling.auth.visit.ServiceVisit;
import org.starling.swarm.compression.Codec;
import org.starling.swarm.run.AveragingSettings;
import org.starling.swarm.run.MembershipSettings;

/** For those who run this service: makes a run. */
@Page
@RequestMapping("/service/runs")
class NewRunPage {

    private final Administration administration;

    NewRunPage(Administration administration) {
        this.administration = administration;
    }

    @GetMapping("/new")
    String show(ServiceVisit visit, Model model) {
        model.addAttribute("codecs", Codec.names());
        model.addAttribute("averaging", AveragingSettings.defaults());
        model.addAttribute("membership", MembershipSettings.defaults());
        model.addAttribute("seconds", DefaultSeconds.of(AveragingSettings.defaults(), MembershipSettings.defaults()));
        return "new-run";
    }

    /** Default durations as the form shows them. */
    record DefaultSeconds(String matchmakingWindow, String partTimeout, String roundTimeout, String heartbeat) {
        static DefaultSeconds of(AveragingSettings averaging, MembershipSettings membership) {
            return new DefaultSeconds(
                    Fields.seconds(averaging.matchmakingWindow()),
                    Fields.seconds(averaging.partTimeout()),
                    Fields.seconds(averaging.roundTimeout()),
                    Fields.seconds(membership.heartbeat()));
        }
    }

    @PostMapping
    @Form(on = "/service/runs/new")
    String make(ServiceVisit visit, @ModelAttribute("wanted") Typed wanted, RedirectAttributes next) {
        Run run = administration.found(visit.operator(), wanted.read());
        next.addFlashAttribute(
                "done",
                "The run is made, and you operate it. Appoint its moderators below, and who runs its services.");
        return "redirect:/runs/" + run.name() + "/operate";
    }

    /** What the fields say; durations in seconds, an empty field takes its default. */
    record Typed(
            @Nullable String run,
            @Nullable String description,
            @Nullable String task,
            @Nullable String taskSettings,
            @Nullable String targetBatchSize,
            @Nullable String entryPoints,
            @Nullable String metrics,
            @Nullable String checkpoints,
            @Nullable String maxSamplesPerSecond,
            @Nullable String codec,
            @Nullable Boolean errorFeedback,
            @Nullable String matchmakingWindow,
            @Nullable String partTimeout,
            @Nullable String roundTimeout,
            @Nullable String maxGroupSize,
            @Nullable String partElements,
            @Nullable String partsInFlight,
            @Nullable String bytesInFlight,
            @Nullable String heartbeat,
            @Nullable String lifetime,
            @Nullable String fanout) {

        NewRun read() {
            return new NewRun(
                    strip(run),
                    strip(description),
                    strip(task),
                    Fields.settings("taskSettings", taskSettings),
                    Fields.wholeNumber("targetBatchSize", targetBatchSize),
                    Fields.number("maxSamplesPerSecond", maxSamplesPerSecond),
                    averaging(),
                    membership(),
                    Fields.lines(entryPoints),
                    metrics,
                    checkpoints);
        }

        @SuppressWarnings("NullAway") // null stands for the defaults
        private AveragingSettings averaging() {
            return new AveragingSettings(
                    codec,
                    Fields.smallNumber("partElements", partElements),
                    Fields.smallNumber("partsInFlight", partsInFlight),
                    Fields.wholeNumber("bytesInFlight", bytesInFlight),
                    Fields.optionalSeconds("matchmakingWindow", matchmakingWindow),
                    Fields.optionalSeconds("partTimeout", partTimeout),
                    Fields.optionalSeconds("roundTimeout", roundTimeout),
                    0,
                    0,
                    Fields.smallNumber("maxGroupSize", maxGroupSize),
                    Boolean.TRUE.equals(errorFeedback));
        }

        @SuppressWarnings("NullAway") // null stands for the defaults
        private MembershipSettings membership() {
            return new MembershipSettings(
                    Fields.optionalSeconds("heartbeat", heartbeat),
                    Fields.optionalSeconds("lifetime", lifetime),
                    Fields.smallNumber("fanout", fanout));
        }

        private static String strip(@Nullable String typed) {
            return Objects.requireNonNullElse(typed, "").strip();
        }
    }
}
