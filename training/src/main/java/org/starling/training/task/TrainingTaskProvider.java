package org.starling.training.task;

import java.util.Map;

/** Makes tasks of one name; registered for {@link java.util.ServiceLoader}. */
public interface TrainingTaskProvider {
    /** Lower-case words joined by hyphens. */
    String name();

    /** One sentence for people who choose a task. */
    String description();

    /**
     * @param settings a run's task settings; what is missing takes its default
     * @throws org.starling.training.settings.InvalidSettingException if a key is unknown or a value unusable
     */
    TrainingTask create(Map<String, String> settings);
}
