/** Tells whether a change made something slower, and how sure that is. */
@NullMarked
package dev.tilewright.gate;

import org.jspecify.annotations.NullMarked;
