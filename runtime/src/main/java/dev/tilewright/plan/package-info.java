/** From graph to plan: an algorithm for every layer and a place for every value. */
@NullMarked
package dev.tilewright.plan;

import org.jspecify.annotations.NullMarked;
