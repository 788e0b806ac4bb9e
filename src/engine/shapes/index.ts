export { type ShapeFinding, type ShapeState, shapesOf } from './kept.ts';
export { createShapeWatch, type ShapeControl, type ShapeWatch } from './watch.ts';
