package org.starling.spring;

import org.starling.swarm.run.InvalidRunConfigurationException;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.json.JsonMapper;

/** How the auth service's answers are read, on arrival and from disk. */
final class Json {
    /**
     * Numbers that are left out are zero, which the run's records turn into their defaults. Unknown settings are refused: a
     * peer that ignored one would not do what the others do.
     */
    static final JsonMapper MAPPER = JsonMapper.builder()
            .disable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
            .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .build();

    private Json() {}

    /** @throws IllegalArgumentException saying what is wrong */
    static <T> T read(String json, Class<T> type) {
        try {
            T value = MAPPER.readValue(json, type);
            if (value == null) {
                throw new IllegalArgumentException("it is empty");
            }
            return value;
        } catch (JacksonException e) {
            for (Throwable cause = e; cause != null; cause = cause.getCause()) {
                if (cause instanceof InvalidRunConfigurationException invalid) {
                    throw invalid;
                }
            }
            throw new IllegalArgumentException(e.getOriginalMessage(), e);
        }
    }
}
