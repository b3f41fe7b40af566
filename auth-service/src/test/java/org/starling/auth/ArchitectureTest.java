package org.starling.auth;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

class ArchitectureTest {

    private static final JavaClasses CLASSES = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("org.starling.auth");

    @Test
    void packagesHaveNoCycles() {
        slices().matching("org.starling.auth.(*)..").should().beFreeOfCycles().check(CLASSES);
    }

    @Test
    void onlyCredentialsAndOrdersOfTheSwarmAreUsed() {
        noClasses()
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        "org.starling.swarm.averaging..",
                        "org.starling.swarm.membership..",
                        "org.starling.swarm.node..",
                        "org.starling.swarm.state..",
                        "io.grpc..")
                .check(CLASSES);
    }
}
