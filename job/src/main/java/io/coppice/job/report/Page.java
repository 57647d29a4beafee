package io.coppice.job.report;

import java.util.List;
import java.util.Optional;

/**
 * All that a page shows.
 *
 * @param texts by the dense and the sparse model; empty where the record knows of none
 */
record Page(Headline headline, Optional<SampleText> texts, List<Section> sections) {
  Page {
    sections = List.copyOf(sections);
  }
}
