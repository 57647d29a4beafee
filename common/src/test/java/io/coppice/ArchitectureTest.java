package io.coppice;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.assignableTo;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.io.ObjectInputStream;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Arrows between packages point one way, and the engine knows no Spark. */
class ArchitectureTest {
  /** The packages that each package may use; {@code failure} is open to all. */
  private static final Map<String, List<String>> USES =
      Map.ofEntries(
          uses("failure"),
          uses("seed"),
          uses("natives"),
          uses("parallel"),
          uses("tensor", "natives", "parallel"),
          uses("kernel", "tensor", "parallel"),
          uses("optimizer", "kernel", "tensor", "parallel"),
          uses("storage"),
          uses("checkpoint", "storage", "tensor"),
          uses("text", "text.convert", "checkpoint", "natives", "storage"),
          uses("text.convert", "checkpoint"),
          uses("model", "kernel", "tensor", "parallel"),
          uses("prune", "kernel", "tensor", "parallel"),
          uses(
              "reconstruct", "model", "prune", "optimizer", "kernel", "tensor", "parallel", "seed"),
          uses("evaluate", "model", "text"),
          uses("generate", "model", "kernel", "text", "tensor", "seed"));

  private final JavaClasses engine =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages("io.coppice");

  private static Map.Entry<String, List<String>> uses(String name, String... others) {
    return Map.entry(name, List.of(others));
  }

  @Test
  void ofSparkThereIsLinearAlgebraAlone() {
    noClasses()
        .should()
        .dependOnClassesThat(
            resideInAPackage("org.apache.spark..")
                .and(not(resideInAPackage("org.apache.spark.ml.linalg.."))))
        .check(engine);
  }

  @Test
  void everyPackageUsesWhatItMay() {
    Set<String> packages =
        engine.stream()
            .map(JavaClass::getPackageName)
            .map(name -> name.substring("io.coppice.".length()))
            .collect(Collectors.toCollection(TreeSet::new));
    assertThat(packages).isEqualTo(new TreeSet<>(USES.keySet()));
    USES.forEach(
        (name, used) -> {
          String[] allowed =
              Stream.concat(Stream.of(name, "failure"), used.stream())
                  .map(other -> "io.coppice." + other)
                  .toArray(String[]::new);
          classes()
              .that()
              .resideInAPackage("io.coppice." + name)
              .should()
              .onlyDependOnClassesThat(
                  resideInAnyPackage(allowed).or(not(resideInAPackage("io.coppice.."))))
              .check(engine);
        });
  }

  @Test
  void noClassIsDeserialisedFromData() {
    noClasses()
        .should()
        .dependOnClassesThat(
            assignableTo(ObjectInputStream.class).or(resideInAnyPackage("com.esotericsoftware..")))
        .check(engine);
  }

  @Test
  void packagesFormNoCycle() {
    slices().matching("io.coppice.(*)..").should().beFreeOfCycles().check(engine);
  }
}
