/** What networks of the zoo need beside layers: tables, boxes, masks, and rules to check. */
@NullMarked
package dev.tilewright.zoo.algorithm;

import org.jspecify.annotations.NullMarked;
