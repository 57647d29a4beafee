/**
 * The order in which blocks are reconstructed. Start here to see the work of a run between the
 * dense pass and the assembly.
 *
 * <p>The words, as they are used everywhere in Coppice:
 *
 * <ul>
 *   <li>A <b>window</b> is a sequence of tokens that the model is run on.
 *   <li>A <b>chain</b> is the activations of all windows as they pass through a model's blocks, one
 *       after the other: the <b>dense chain</b> through the blocks as they were published, the
 *       <b>sparse chain</b> through the blocks as they are now.
 *   <li>A <b>boundary</b> is a position in a chain: boundary b lies before block b, so boundary 0
 *       is the embedded tokens and boundary L the last block's output.
 *   <li>A <b>span</b> is consecutive blocks that are trained jointly, as one: single blocks, but
 *       pairs at level CR.
 *   <li>A <b>round</b> is spans that are trained at once, none waiting for another.
 *   <li>A <b>wave</b> is a round in which every block is trained.
 *   <li>A <b>level</b> says what is solved: layers (LR), blocks (BR, GP) or pairs of blocks (CR).
 * </ul>
 *
 * <p>A {@link io.coppice.job.schedule.Schedule} is data: given a model's number of blocks and a
 * level's {@link io.coppice.job.schedule.Workload}, it lists {@link io.coppice.job.schedule.Rounds
 * rounds}. One loop, {@code Reconstruction} in the package {@code block}, runs any list; the plan
 * of time and memory, progress, and a run that goes on with another's work read the same list. A
 * new schedule is a class in this package and a name in {@code ScheduleSettings.Options}.
 *
 * <p>Four blocks, ten epochs, one block a span:
 *
 * <pre>
 * sequential   [0, 1) | [1, 2) | [2, 3) | [3, 4)                 10 epochs each, on the sparse chain
 * parallel     [0, 1) [1, 2) [2, 3) [3, 4)                       10 epochs, on the dense chain
 * waves (3)    [0, 1) [1, 2) [2, 3) [3, 4)  |  again  |  again   3 on the dense chain, then 3 and 4
 *                                                                on the sparse chain of the wave
 *                                                                before
 * </pre>
 *
 * <p>and two blocks a span:
 *
 * <pre>
 * sequential   [0, 1) | [0, 2) | [1, 3) | [2, 4) | [3, 4)        10 epochs each
 * waves (3)    [0, 2) [2, 4)  |  [0, 1) [1, 3) [3, 4)  |  [0, 2) [2, 4)
 * </pre>
 */
package io.coppice.job.schedule;
