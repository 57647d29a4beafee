package io.coppice.job;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.assignableTo;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import io.coppice.job.cluster.HadoopSettings;
import java.io.ObjectInputStream;
import org.junit.jupiter.api.Test;

/** Arrows between packages point one way. */
class ArchitectureTest {
  private final JavaClasses program =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages("io.coppice.job");

  @Test
  void packagesFormNoCycle() {
    slices().matching("io.coppice.job.(**)").should().beFreeOfCycles().check(program);
  }

  @Test
  void onlyTheProgramItselfKnowsTheProgram() {
    noClasses()
        .that()
        .resideOutsideOfPackage("io.coppice.job")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("io.coppice.job")
        .check(program);
  }

  /** What Spark moves between its own processes is all. */
  @Test
  void noClassIsDeserialisedFromData() {
    noClasses()
        .that()
        .areNotAssignableTo(HadoopSettings.class)
        .and()
        .areNotAssignableTo(CoppiceKryoRegistrator.class)
        .and()
        .areNotAssignableTo(RecordSerializer.class)
        .should()
        .dependOnClassesThat(
            assignableTo(ObjectInputStream.class).or(resideInAnyPackage("com.esotericsoftware..")))
        .check(program);
  }

  @Test
  void optionsAndSettingsKnowNoSpark() {
    noClasses()
        .that()
        .resideInAnyPackage("io.coppice.job.config", "io.coppice.job.command")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("org.apache.spark..")
        .check(program);
  }
}
