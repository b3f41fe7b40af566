package org.starling.training.backend;

/** Opens backends. */
public final class Backends {
    private Backends() {}

    /**
     * A backend on PyTorch through DJL: on the GPU if the engine sees one, else on the CPU. Parameters are zero until
     * loaded.
     *
     * <p>Native libraries come with this library's dependencies and are unpacked once into {@code DJL_CACHE_DIR}
     * ({@code ~/.djl.ai} by default), which must be writable; nothing is ever downloaded. Another libtorch, for a GPU, is
     * chosen by DJL's own {@code PYTORCH_LIBRARY_PATH}, {@code PYTORCH_VERSION} and {@code PYTORCH_FLAVOR}.
     *
     * @throws ai.djl.engine.EngineException if the native libraries cannot be loaded
     */
    public static SequenceBackend open(SequenceNetwork network, BackendSettings settings) {
        return new PyTorchBackend(network, PyTorch.engine(settings));
    }
}
