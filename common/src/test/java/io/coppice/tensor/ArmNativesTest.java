package io.coppice.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.bytedeco.javacpp.Loader;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Natives for processors that tests do not run on: they are there, where the loader looks. */
class ArmNativesTest {

  /** Prints the folder of natives that the loader looks into. */
  public static void main(String[] arguments) {
    System.out.print(Loader.getPlatform());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "javacpp/%s/libjnijavacpp.so",
        "openblas/%s/libopenblas.so.0",
        "openblas/%s/libjniopenblas_nolapack.so",
        "dnnl/%s/libdnnl.so.3",
        "dnnl/%s/libgomp.so.1",
        "dnnl/%s/libjnidnnl.so",
        "opencl/%s/libOpenCL.so.1"
      })
  void everyLibraryIsThereForBothProcessors(String library) {
    for (String platform : new String[] {"linux-x86_64", "linux-arm64"}) {
      assertThat(Loader.class.getResource("/org/bytedeco/" + library.formatted(platform)))
          .as(library.formatted(platform))
          .isNotNull();
    }
  }

  @Test
  void theLoaderLooksThereOnArm() throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Dos.arch=aarch64",
                "-cp",
                System.getProperty("java.class.path"),
                ArmNativesTest.class.getName())
            .start();
    String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).isZero();
    assertThat(printed).isEqualTo("linux-arm64");
  }
}
