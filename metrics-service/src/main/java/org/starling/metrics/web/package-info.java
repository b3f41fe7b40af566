/** The dashboard, its live stream and the figures as JSON. Start at {@link org.starling.metrics.web.Dashboard}. */
@NullMarked
package org.starling.metrics.web;

import org.jspecify.annotations.NullMarked;
