package org.starling.swarm;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import com.tngtech.archunit.library.Architectures;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.starling.swarm.runtime.Scheduler;

class ArchitectureTest {
    private static final JavaClasses CLASSES = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages("org.starling.swarm");

    @Test
    void theSwarmKnowsNeitherSpringNorDjl() {
        noClasses()
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("org.springframework..", "ai.djl..", "org.starling.training..")
                .check(CLASSES);
    }

    @Test
    void packagesHaveNoCycles() {
        slices().matching("org.starling.swarm.(*)..")
                .should()
                .beFreeOfCycles()
                .ignoreDependency(
                        com.tngtech.archunit.base.DescribedPredicate.alwaysTrue(),
                        com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage("..wire.proto.."))
                .check(CLASSES);
    }

    @Test
    void arrowsPointDownwards() {
        Architectures.layeredArchitecture()
                .consideringOnlyDependenciesInLayers()
                .layer("node")
                .definedBy("..swarm.node..")
                .layer("orders")
                .definedBy("..swarm.orders..")
                .layer("averaging")
                .definedBy("..swarm.averaging..")
                .layer("membership")
                .definedBy("..swarm.membership..")
                .layer("state")
                .definedBy("..swarm.state..")
                .layer("ledger")
                .definedBy("..swarm.ledger..")
                .layer("wire")
                .definedBy("org.starling.swarm.wire")
                .layer("compression")
                .definedBy("..swarm.compression..")
                .layer("identity")
                .definedBy("..swarm.identity..")
                .whereLayer("node")
                .mayNotBeAccessedByAnyLayer()
                .whereLayer("averaging")
                .mayOnlyBeAccessedByLayers("node")
                .whereLayer("orders")
                .mayOnlyBeAccessedByLayers("node")
                .whereLayer("membership")
                .mayOnlyBeAccessedByLayers("averaging", "node")
                .whereLayer("state")
                .mayOnlyBeAccessedByLayers("node")
                .whereLayer("ledger")
                .mayOnlyBeAccessedByLayers("orders", "node")
                .whereLayer("compression")
                .mayOnlyBeAccessedByLayers("averaging", "node")
                .check(CLASSES);
    }

    @Test
    void timeIsReadThroughTheSchedulerAlone() {
        noClasses()
                .that()
                .resideOutsideOfPackages("..runtime..", "..identity..")
                .should()
                .callMethod(System.class, "nanoTime")
                .orShould()
                .callMethod(System.class, "currentTimeMillis")
                .orShould()
                .callMethod(java.time.Instant.class, "now")
                .orShould()
                .callMethod(Thread.class, "sleep", long.class)
                .check(CLASSES);
    }

    @Test
    void whatFollowsAFutureIsGuarded() {
        noClasses()
                .that()
                .resideOutsideOfPackage("..wire..")
                .should()
                .callMethod(CompletableFuture.class, "thenAccept", Consumer.class)
                .orShould()
                .callMethod(CompletableFuture.class, "thenRun", Runnable.class)
                .check(CLASSES);
        classes()
                .that()
                .resideOutsideOfPackage("..wire..")
                .should(new ArchCondition<>("guard every continuation") {
                    @Override
                    public void check(JavaClass javaClass, ConditionEvents events) {
                        long continuations = calls(javaClass, CompletableFuture.class, "whenComplete");
                        long guards = calls(javaClass, Scheduler.class, "guarded");
                        events.add(new SimpleConditionEvent(
                                javaClass,
                                continuations == guards,
                                javaClass.getName() + " has " + continuations + " continuations and " + guards
                                        + " guards"));
                    }
                })
                .check(CLASSES);
    }

    private static long calls(JavaClass from, Class<?> owner, String method) {
        return from.getMethodCallsFromSelf().stream()
                .filter(call -> call.getTargetOwner().isEquivalentTo(owner)
                        && call.getTarget().getName().equals(method))
                .count();
    }
}
