package io.coppice.job.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.coppice.job.block.BlockFiles;
import io.coppice.job.block.FinishedBlock;
import io.coppice.job.block.LevelChoice.Candidate;
import io.coppice.job.block.MeasuredBlock;
import io.coppice.job.block.ReconstructedModel;
import io.coppice.job.block.Trials;
import io.coppice.job.chain.ChainErrors;
import io.coppice.job.cli.Level;
import io.coppice.job.cli.ResolvedConfiguration;
import io.coppice.job.generation.SelfGeneration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class SummaryTextTest {
  @Test
  void errorsArePairsWhereTextWasHeldOut() {
    assertThat(
            SummaryText.lines(
                summary(new ChainErrors(1, 2, .1, .2), new PruneSummary.Perplexity(4, 5.5))))
        .containsExactly(
            "On calibration text / on held-out text: error of the last block 1.000 / 2.000; relative"
                + " error, mean over blocks, 0.1000 / 0.2000",
            "Perplexity on held-out text: dense 4.000, sparse 5.500");
  }

  @Test
  void whatWasNotMeasuredIsNotThere() {
    assertThat(
            SummaryText.lines(
                summary(
                    new ChainErrors(1, Double.NaN, .1, Double.NaN),
                    new PruneSummary.Perplexity(Double.NaN, Double.NaN))))
        .containsExactly(
            "On calibration text: error of the last block 1.000; relative error, mean over blocks,"
                + " 0.1000",
            "No text was held out; give --held-out to measure error and perplexity on it");
  }

  @Test
  void eachModelThatAutoComparedHasALine() {
    ChainErrors errors = new ChainErrors(1, 2, .1, .2);
    assertThat(
            SummaryText.lines(
                summary(
                    errors,
                    new PruneSummary.Perplexity(4, 5.5),
                    new Candidate(List.of(block(errors)), 5.5))))
        .last()
        .isEqualTo(
            "Level gp: error of the last block on calibration / held-out text 1.000 / 2.000,"
                + " perplexity on held-out text 5.500");
  }

  private static MeasuredBlock block(ChainErrors errors) {
    return new MeasuredBlock(
        new FinishedBlock(0, 1, Level.GP, .5, List.of(), List.of(), 1, 0), errors);
  }

  private static PruneSummary summary(
      ChainErrors errors, PruneSummary.Perplexity perplexity, Candidate... candidates) {
    return new PruneSummary(
        new PruneSummary.Basis(
            new ResolvedConfiguration(Map.of()),
            new ResolvedConfiguration(Map.of()),
            new ModelFacts("", new ModelFacts.Shape(1, 1), 1, 1, 1)),
        new PruneSummary.Execution(
            "",
            SelfGeneration.Written.none().summary(),
            new Trials.Found(Optional.empty(), Optional.empty()),
            "",
            "",
            1),
        new ReconstructedModel(new BlockFiles("unused", null, null), List.of(block(errors))),
        List.of(candidates),
        perplexity);
  }
}
