package io.coppice.job.report;

import com.fasterxml.jackson.databind.JsonNode;

/**
 * A chart of the page, drawn by its script; the numbers are in a table beside it.
 *
 * @param id unique in the page
 * @param kind the name of the script's function that draws it
 * @param label what it shows, in a sentence, for those who do not see it
 * @param data what the function is given
 */
record Chart(String id, String kind, String label, JsonNode data) {}
