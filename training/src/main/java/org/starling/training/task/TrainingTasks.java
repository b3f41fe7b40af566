package org.starling.training.task;

import java.util.Map;
import java.util.ServiceLoader;
import java.util.SortedMap;
import java.util.TreeMap;
import org.starling.training.settings.InvalidSettingException;

/** The tasks that this process knows, by name. */
public final class TrainingTasks {
    private TrainingTasks() {}

    /**
     * Creates a task from a run's configuration.
     *
     * @throws InvalidSettingException if the name or a setting is unknown or a value unusable; the message says what is
     *     known
     */
    public static TrainingTask create(String name, Map<String, String> settings) {
        SortedMap<String, TrainingTaskProvider> providers = providers();
        TrainingTaskProvider provider = providers.get(name);
        if (provider == null) {
            throw new InvalidSettingException(
                    "unknown task '" + name + "'; known are " + String.join(", ", providers.keySet()));
        }
        try {
            return provider.create(settings);
        } catch (InvalidSettingException e) {
            throw new InvalidSettingException("task " + name + ": " + e.getMessage());
        }
    }

    /** Known tasks: name to description. */
    public static SortedMap<String, String> descriptions() {
        SortedMap<String, String> descriptions = new TreeMap<>();
        providers().forEach((name, provider) -> descriptions.put(name, provider.description()));
        return descriptions;
    }

    private static SortedMap<String, TrainingTaskProvider> providers() {
        SortedMap<String, TrainingTaskProvider> providers = new TreeMap<>();
        for (TrainingTaskProvider provider : ServiceLoader.load(TrainingTaskProvider.class)) {
            if (providers.putIfAbsent(provider.name(), provider) != null) {
                throw new IllegalStateException("two tasks are named " + provider.name());
            }
        }
        return providers;
    }
}
