package org.starling.training;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

@AnalyzeClasses(packages = "org.starling.training", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {
    @ArchTest
    static final ArchRule knowsNoNetworkAndNoFramework = noClasses()
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                    "org.springframework..", "io.grpc..", "io.netty..", "org.starling.swarm..", "java.net.http..");

    @ArchTest
    static final ArchRule onlyTheModelAndTheBackendKnowTheEngine = noClasses()
            .that()
            .resideOutsideOfPackages("..backend..", "..model..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("ai.djl..");

    @ArchTest
    static final ArchRule onlyTheBackendKnowsDevices = noClasses()
            .that()
            .resideOutsideOfPackage("..backend..")
            .should()
            .dependOnClassesThat()
            .haveFullyQualifiedName("ai.djl.Device")
            .orShould()
            .dependOnClassesThat()
            .resideInAPackage("ai.djl.engine..");

    @ArchTest
    static final ArchRule packagesHaveNoCycles =
            slices().matching("org.starling.training.(*)..").should().beFreeOfCycles();

    @ArchTest
    static final ArchRule arrows = layeredArchitecture()
            .consideringOnlyDependenciesInLayers()
            .layer("settings")
            .definedBy("..training.settings..")
            .layer("tensor")
            .definedBy("..training.tensor..")
            .layer("optimizer")
            .definedBy("..training.optimizer..")
            .layer("checkpoint")
            .definedBy("..training.checkpoint..")
            .layer("data")
            .definedBy("..training.data..")
            .layer("backend")
            .definedBy("..training.backend..")
            .layer("model")
            .definedBy("..training.model..")
            .layer("task")
            .definedBy("..training.task..")
            .whereLayer("task")
            .mayNotBeAccessedByAnyLayer()
            .whereLayer("model")
            .mayOnlyBeAccessedByLayers("task")
            .whereLayer("checkpoint")
            .mayNotBeAccessedByAnyLayer()
            .whereLayer("data")
            .mayOnlyBeAccessedByLayers("task")
            .whereLayer("backend")
            .mayOnlyBeAccessedByLayers("model", "task")
            .whereLayer("optimizer")
            .mayOnlyBeAccessedByLayers("checkpoint", "task")
            .withOptionalLayers(true);
}
