package io.coppice.job.cli;

import java.util.List;
import java.util.Locale;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** How the weights that stay are trained. */
@Topic.Of(Topic.TRAINING)
final class ReconstructionOptions {
  /** The words of --reconstruct; {@link Level} says what they mean. */
  enum LevelName {
    LR(Level.LR),
    BR(Level.BR),
    GP(Level.GP),
    CR(Level.CR),
    AUTO(Level.BR, Level.GP, Level.CR);

    private final List<Level> levels;

    LevelName(Level... levels) {
      this.levels = List.of(levels);
    }

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  @Option(
      names = "--reconstruct",
      paramLabel = "LEVEL",
      defaultValue = "gp",
      description =
          "What the weights that stay are fitted to: lr (each layer by the pruner alone, nothing"
              + " is trained), br (each block to the dense block on the same input), gp (each"
              + " block to the dense model's own activations), cr (as gp, each block jointly with"
              + " its neighbours) or auto (br, gp and cr, of which what generalises best is kept)"
              + " (default: ${DEFAULT-VALUE}).")
  private LevelName level;

  @Mixin private final TrainingOptions training = new TrainingOptions();

  ReconstructionSettings settings() {
    return training.settings(level.levels);
  }

  List<String> remarks() {
    return training.remarks();
  }
}
