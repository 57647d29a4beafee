package io.coppice.evaluate;

/**
 * Tokens whose likelihood is asked for.
 *
 * @param context tokens before them, at least one
 * @param continuation the tokens, at least one
 * @param truncated whether tokens at the beginning of the context were left out, for want of
 *     positions
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
public record TokenRequest(int[] context, int[] continuation, boolean truncated) {}
