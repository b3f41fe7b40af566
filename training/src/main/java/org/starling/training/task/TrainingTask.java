package org.starling.training.task;

import java.util.List;
import java.util.SortedMap;
import org.starling.training.backend.BackendSettings;
import org.starling.training.optimizer.Lamb;
import org.starling.training.optimizer.Optimizer;
import org.starling.training.optimizer.OptimizerSettings;
import org.starling.training.optimizer.TrainingState;
import org.starling.training.tensor.TensorLayout;

/**
 * Model, data, loss and sampling of a run.
 *
 * <p>Everything but {@link #open} is cheap, needs no engine and no native library, and gives the same bits on every
 * platform for equal settings. Immutable and thread-safe.
 */
public interface TrainingTask {
    /** The name by which a run's configuration chooses this task. */
    String name();

    /** The complete settings, defaults included: two tasks of equal name and settings are the same. */
    SortedMap<String, String> settings();

    TensorLayout layout();

    /** The parameters that every peer starts from, {@code float[layout().size()]}; the caller owns them. */
    float[] initialParameters();

    OptimizerSettings optimizerSettings();

    /** Batch sizes that suit the task. */
    BatchSizes batchSizes();

    /** What {@link org.starling.training.backend.Losses#metric} means, such as "nats per image code". */
    String metric();

    /** Metrics of predictors that learned nothing but frequencies, on the validation set; the weakest first. */
    List<Baseline> baselines();

    /** A few fixed prompts whose drawings show how training goes. */
    List<String> prompts();

    /** Who made the data and under which licence it is used; for model cards and pages that show drawings. */
    String attribution();

    /**
     * Loads the engine and the data.
     *
     * @param shuffleSeed the order in which this peer sees the samples; each peer uses another
     */
    TrainingSession open(BackendSettings backend, long shuffleSeed);

    default Optimizer newOptimizer() {
        return new Lamb(optimizerSettings(), layout());
    }

    /** The state that every peer starts from. */
    default TrainingState initialState() {
        return TrainingState.initial(initialParameters(), newOptimizer().slots());
    }

    /**
     * Batch sizes in samples.
     *
     * @param target of one optimizer step, all peers together
     * @param micro of one forward and backward pass
     */
    record BatchSizes(int target, int micro) {}

    /** The metric of a predictor that a model has to beat. */
    record Baseline(String name, double metric) {}
}
