package org.starling.spring;

/** Why this process cannot do its work, and what its operator can do about it. Ends the process with just these words. */
public final class StartupProblem extends RuntimeException {
    /** Exit status of a peer that somebody does not want; {@code EX_NOPERM} of {@code sysexits.h}. */
    public static final int REFUSED = 77;

    private static final int FAILED = 1;

    private final String remedy;
    private final int exitCode;

    /**
     * @param problem one sentence: what is wrong
     * @param remedy one sentence: what to do
     */
    public StartupProblem(String problem, String remedy) {
        this(problem, remedy, FAILED);
    }

    /** @param exitCode the process's exit status */
    StartupProblem(String problem, String remedy, int exitCode) {
        super(problem);
        this.remedy = remedy;
        this.exitCode = exitCode;
    }

    int exitCode() {
        return exitCode;
    }

    /** The exit status for a failure to start: that of the problem behind it, or 1. */
    public static int exitCodeOf(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof StartupProblem problem) {
                return problem.exitCode;
            }
        }
        return FAILED;
    }

    public String remedy() {
        return remedy;
    }
}
