"""The engine in sixteen steps: each module here is the whole engine after one step, and runs alone.

    python solutions/gradus/steps/step07.py

Read one after the other, they grow ``gradus.variable``; what one file changes in the one before it is the lesson.
1 box · 2 function · 3 composition · 4 numerical differentiation · 5 theory of backpropagation · 6 by hand ·
7 automated · 8 loop instead of recursion · 9 handier functions · 10 tests · 11 several inputs and outputs ·
12 made convenient · 13 differentiated · 14 the same variable twice · 15 complex graphs · 16 generations
"""
