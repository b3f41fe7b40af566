package org.starling.spring;

/** Why this process cannot do its work, and what its operator can do about it. Ends the process with just these words. */
public final class StartupProblem extends RuntimeException {
    private final String remedy;

    /**
     * @param problem one sentence: what is wrong
     * @param remedy one sentence: what to do
     */
    public StartupProblem(String problem, String remedy) {
        super(problem);
        this.remedy = remedy;
    }

    public String remedy() {
        return remedy;
    }
}
