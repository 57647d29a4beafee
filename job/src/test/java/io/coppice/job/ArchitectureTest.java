package io.coppice.job;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.assignableTo;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaCall;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import io.coppice.job.cluster.HadoopSettings;
import java.io.ObjectInputStream;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Arrows between packages point one way. */
class ArchitectureTest {
  /** The other rooms that each room may use. */
  private static final Map<String, List<String>> USES =
      Map.ofEntries(
          uses("schedule"),
          uses("cli", "schedule"),
          uses("progress"),
          uses("record"),
          uses("card", "cli", "record"),
          uses("work", "cli", "progress"),
          uses("report", "record"),
          uses("cluster", "cli", "progress", "work"),
          uses("text", "work"),
          uses("generation", "cli", "cluster", "progress"),
          uses("calibration", "cluster", "text", "work"),
          uses("chain.activations", "cli", "cluster"),
          uses(
              "chain",
              "chain.activations",
              "calibration",
              "cli",
              "cluster",
              "generation",
              "progress",
              "schedule",
              "text",
              "work"),
          uses(
              "block",
              "chain",
              "chain.activations",
              "cli",
              "cluster",
              "progress",
              "schedule",
              "work"),
          uses("evaluation", "calibration", "chain", "cli", "cluster", "progress", "text"),
          uses("plan", "block", "chain", "chain.activations", "cli", "cluster", "schedule"),
          uses(
              "session",
              "block",
              "chain",
              "cli",
              "cluster",
              "evaluation",
              "generation",
              "progress"),
          uses(
              "run",
              "block",
              "calibration",
              "card",
              "chain",
              "cli",
              "cluster",
              "evaluation",
              "generation",
              "plan",
              "progress",
              "record",
              "report",
              "session",
              "text",
              "work"));

  private static Map.Entry<String, List<String>> uses(String name, String... others) {
    return Map.entry(name, List.of(others));
  }

  private final JavaClasses program =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages("io.coppice.job");

  @Test
  void packagesFormNoCycle() {
    slices().matching("io.coppice.job.(**)").should().beFreeOfCycles().check(program);
  }

  @Test
  void everyRoomUsesWhatItMay() {
    String root = "io.coppice.job";
    Set<String> rooms =
        program.stream()
            .map(JavaClass::getPackageName)
            .filter(name -> !name.equals(root))
            .map(name -> name.substring(root.length() + 1))
            .collect(Collectors.toCollection(TreeSet::new));
    assertThat(rooms).isEqualTo(new TreeSet<>(USES.keySet()));
    USES.forEach(
        (room, used) -> {
          String[] others =
              rooms.stream()
                  .filter(other -> !other.equals(room) && !used.contains(other))
                  .map(other -> root + "." + other)
                  .toArray(String[]::new);
          noClasses()
              .that()
              .resideInAPackage(root + "." + room)
              .should()
              .dependOnClassesThat()
              .resideInAnyPackage(others)
              .check(program);
        });
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

  /** Rounds are data, which the rest of the program reads. */
  @Test
  void schedulesKnowNothingButRounds() {
    classes()
        .that()
        .resideInAPackage("io.coppice.job.schedule")
        .should()
        .onlyDependOnClassesThat()
        .resideInAnyPackage("io.coppice.job.schedule", "java..")
        .check(program);
  }

  /** Only data that Spark moves between its own processes is. */
  @Test
  void noClassIsDeserialisedFromData() {
    noClasses()
        .that()
        .areNotAssignableTo(HadoopSettings.class)
        .and()
        .haveNameNotMatching(
            "io\\.coppice\\.job\\.session\\.(CoppiceKryoRegistrator|RecordSerializer)")
        .should()
        .dependOnClassesThat(
            assignableTo(ObjectInputStream.class).or(resideInAnyPackage("com.esotericsoftware..")))
        .check(program);
  }

  @Test
  void optionsAndSettingsKnowNoSpark() {
    noClasses()
        .that()
        .resideInAPackage("io.coppice.job.cli")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("org.apache.spark..")
        .check(program);
  }

  /** Spark's methods name other classes in their signatures where Scala is another one. */
  @Test
  void nothingDependsOnTheVersionOfScala() {
    noClasses()
        .should()
        .callCodeUnitWhere(
            describe(
                "a method of Spark has Scala's collections in its signature",
                call ->
                    call.getTargetOwner().getPackageName().startsWith("org.apache.spark")
                        && signature(call).anyMatch(ArchitectureTest::differsByVersion)))
        .check(program);
    // Of Scala itself, these use what all versions have: Option, and iterators by their interface.
    noClasses()
        .that()
        .doNotHaveFullyQualifiedName("io.coppice.job.session.SparkSessions")
        .and()
        .haveNameNotMatching("io\\.coppice\\.job\\.progress\\.ExecutorProgress.*")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("scala..")
        .check(program);
  }

  private static Stream<JavaClass> signature(JavaCall<?> call) {
    return Stream.concat(
        Stream.of(call.getTarget().getRawReturnType()),
        call.getTarget().getRawParameterTypes().stream());
  }

  private static boolean differsByVersion(JavaClass type) {
    return type.getPackageName().startsWith("scala.");
  }
}
