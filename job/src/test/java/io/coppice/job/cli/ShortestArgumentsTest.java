package io.coppice.job.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ShortestArgumentsTest {
  private static final String REQUIRED = "--model=/m --calibration=/a --calibration=/b --output=/o";

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "--sparsity=0.6",
        "--learning-rate=0.001 --pack --seed=3",
        "--pattern=2:4 --overrides=*.v_proj.*=0.25 --overrides=model.layers.0.*=dense",
        "--reconstruct=gp --epochs=6",
        "--reconstruct=auto --schedule=sequential",
        "--reconstruct=cr --masks=gradual --masks-start=0.2 --last-block=kl",
        "--schedule=parallel --inputs=exact",
        "--reconstruct=auto --metric=identity",
        "--reconstruct=auto",
        "--metric=identity",
        "--reconstruct=br --learning-rate=auto --refit=5",
        "--text=/t.txt --protocol=c4",
        "--task=boolq=/b.jsonl --limit=5"
      })
  void areThoseThatWereGiven(String given) {
    List<String> typed = new ArrayList<>(given.isEmpty() ? List.of() : List.of(given.split(" ")));
    ResolvedConfiguration wanted = resolve(typed).without(Set.of("work-dir"));

    List<String> found = arguments(ShortestArguments.of(new PruneSettings.Options(), wanted));

    typed.addAll(List.of(REQUIRED.split(" ")));
    assertThat(found).containsExactlyInAnyOrderElementsOf(typed);
  }

  /** Values that follow from other options anyway are left out. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "--method=sparsegpt --waves=3 --held-out=0.125",
        "--reconstruct=cr --last-block=error --epochs=6",
        "--pattern=2:4 --sparsity=0.5",
        "--schedule=sequential --inputs=exact"
      })
  void giveTheSameConfiguration(String given) {
    ResolvedConfiguration wanted = resolve(List.of(given.split(" "))).without(Set.of("work-dir"));

    List<String> found = arguments(ShortestArguments.of(new PruneSettings.Options(), wanted));

    assertThat(parse(found).without(Set.of("work-dir"))).isEqualTo(wanted);
    assertThat(found).hasSizeLessThan(4 + given.split(" ").length);
  }

  private static List<String> arguments(Map<String, List<String>> options) {
    List<String> arguments = new ArrayList<>();
    options.forEach(
        (key, values) -> {
          if (values.isEmpty()) {
            arguments.add("--" + key);
          }
          values.forEach(value -> arguments.add("--" + key + "=" + value));
        });
    return arguments;
  }

  private static ResolvedConfiguration resolve(List<String> given) {
    List<String> all = new ArrayList<>(List.of(REQUIRED.split(" ")));
    all.addAll(given);
    return parse(all);
  }

  private static ResolvedConfiguration parse(List<String> arguments) {
    List<String> all = new ArrayList<>(List.of("prune"));
    all.addAll(arguments);
    Parsed parsed =
        new CommandParser("", List.of(new PruneSettings.Options()), name -> null)
            .parse(all.toArray(String[]::new));
    return ((Parsed.Chosen) parsed).configuration();
  }
}
