package org.starling.launcher;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import org.starling.launcher.process.Guard;

@AnalyzeClasses(packages = "org.starling.launcher", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {
    @ArchTest
    static final ArchRule arrows = layeredArchitecture()
            .consideringOnlyDependenciesInLayers()
            .layer("commands")
            .definedBy("org.starling.launcher")
            .layer("join")
            .definedBy("..launcher.join..")
            .layer("suite")
            .definedBy("..launcher.suite..")
            .layer("process")
            .definedBy("..launcher.process..")
            .whereLayer("commands")
            .mayNotBeAccessedByAnyLayer()
            .whereLayer("join")
            .mayOnlyBeAccessedByLayers("commands")
            .whereLayer("suite")
            .mayOnlyBeAccessedByLayers("commands", "join");

    @ArchTest
    static final ArchRule theGuardNeedsOnlyTheJdk = noClasses()
            .that()
            .haveFullyQualifiedName(Guard.class.getName())
            .should()
            .dependOnClassesThat()
            .resideOutsideOfPackages("java..", Guard.class.getPackageName());

    @ArchTest
    static final ArchRule servicesAreOnlyKnownByTheirInterfaces = noClasses()
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                    "org.springframework..",
                    "org.starling.swarm..",
                    "org.starling.spring..",
                    "org.starling.hub..",
                    "org.starling.auth..",
                    "org.starling.peer..",
                    "org.starling.metrics..",
                    "org.starling.checkpoint..");
}
