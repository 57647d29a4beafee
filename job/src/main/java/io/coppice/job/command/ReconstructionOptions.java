package io.coppice.job.command;

import io.coppice.job.config.Level;
import io.coppice.job.config.ReconstructionSettings;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** How the weights that stay are trained. */
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
          "What the weights that stay are fitted to: lr (layer-wise least squares by the pruner,"
              + " nothing is trained), br (the dense block on the sparse input), gp (the dense"
              + " block on the dense input), cr (as gp, each block jointly with its neighbours) or"
              + " auto (br, gp and cr, of which the one is kept that generalises best)"
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
