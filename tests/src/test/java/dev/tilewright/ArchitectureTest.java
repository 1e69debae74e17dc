package dev.tilewright;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

/** The dependency rules of docs/architecture.md, checked on bytecode. */
class ArchitectureTest {
  private static final String HOUSE = "dev.tilewright.";

  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .importPackages("dev.tilewright");

  @Test
  void packagesHaveNoCycles() {
    slices().matching("dev.tilewright.(*)..").should().beFreeOfCycles().check(CLASSES);
  }

  @Test
  void onlyVectorPackageTouchesIncubator() {
    noClasses()
        .that()
        .resideOutsideOfPackage(HOUSE + "vector..")
        .and()
        .doNotHaveFullyQualifiedName(HOUSE + "bench.FmaPeak")
        .and()
        .doNotHaveFullyQualifiedName(HOUSE + "bench.ReadRate")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("jdk.incubator.vector..")
        .check(CLASSES);
  }

  @Test
  void onlyCnativeTouchesJna() {
    noClasses()
        .that()
        .resideOutsideOfPackage(HOUSE + "cnative..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("com.sun.jna..")
        .check(CLASSES);
  }

  @Test
  void onlyEventsTouchTheFlightRecorder() {
    noClasses()
        .that()
        .doNotHaveFullyQualifiedName(HOUSE + "RunEvents")
        .and()
        .doNotHaveFullyQualifiedName(HOUSE + "RunEvent")
        .and()
        .doNotHaveFullyQualifiedName(HOUSE + "LayerEvent")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("jdk.jfr..")
        .check(CLASSES);
  }

  @Test
  void graphDoesNotKnowHowItRuns() {
    noClasses()
        .that()
        .resideInAPackage(HOUSE + "graph..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            HOUSE + "plan..",
            HOUSE + "pass..",
            HOUSE + "backend..",
            HOUSE + "reference..",
            HOUSE + "vector..")
        .check(CLASSES);
  }

  @Test
  void importerDoesNotKnowThePlan() {
    noClasses()
        .that()
        .resideInAPackage(HOUSE + "onnx..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(HOUSE + "plan..", HOUSE + "backend..", HOUSE + "pass..")
        .check(CLASSES);
  }

  @Test
  void backendsAreFoundNotNamed() {
    for (String backend : new String[] {"reference", "vector", "cnative"}) {
      noClasses()
          .that()
          .resideOutsideOfPackage(HOUSE + backend + "..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage(HOUSE + backend + "..")
          .check(CLASSES);
    }
  }

  @Test
  void kernelsDoNotKnowWhoCallsThem() {
    noClasses()
        .that()
        .resideInAnyPackage(
            HOUSE + "tensor..",
            HOUSE + "kernel..",
            HOUSE + "conv..",
            HOUSE + "op..",
            HOUSE + "reference..",
            HOUSE + "vector..",
            HOUSE + "cnative..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("dev.tilewright", HOUSE + "plan..", HOUSE + "pass..", HOUSE + "onnx..")
        .check(CLASSES);
  }

  @Test
  void onlyVerbsKnowTheCommandLine() {
    noClasses()
        .that()
        .resideOutsideOfPackage(HOUSE + "cli..")
        .and(isNotAVerb())
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(HOUSE + "cli..", "picocli..")
        .check(CLASSES);
  }

  private static DescribedPredicate<JavaClass> isNotAVerb() {
    return DescribedPredicate.not(JavaClass.Predicates.assignableTo(HOUSE + "cli.Verb"))
        .as("are not verbs");
  }
}
